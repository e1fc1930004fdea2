"""Speed and remaining time of submissions, from their observed progress. Does not use bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ...jobs.journal.submission import Stage, State, Submission

_UNITS = ("B", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Texts for one submission, "" if not known yet. frame_seconds: per frame, 0 if unknown."""

    left: str = ""
    speed: str = ""
    frame_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Mark:
    stage: Stage
    at: float
    amount: int


FEWEST_FRAMES = 3
"""Frames that must be there before a time is promised; the first, which has the start-up in it, does not count."""


class Estimator:
    """Remembers each render's progress when its current stage first advanced."""

    def __init__(self) -> None:
        self._marks: dict[str, _Mark] = {}

    def estimate(self, one: Submission, now: float) -> Estimate:
        """The pace since the stage began; nothing for a render without progress. now: Unix seconds."""
        if one.state is not State.ACTIVE:
            self._marks.pop(one.id, None)
            return Estimate()
        is_upload = one.stage is Stage.UPLOAD
        stage = Stage.UPLOAD if is_upload else Stage.RENDER  # frames are rendered and downloaded side by side
        amount, total = _amounts(one)
        mark = self._marks.get(one.id)
        is_early = mark is not None and mark.amount == amount and now - mark.at < 1.0
        if mark is None or mark.stage is not stage or is_early or (not is_upload and not mark.amount):
            self._marks[one.id] = _Mark(stage, now, amount)
            return Estimate()
        seconds, gained = now - mark.at, amount - mark.amount
        if seconds <= 0 or gained < (1 if is_upload else FEWEST_FRAMES - 1):
            return Estimate()
        left = (total - amount) * seconds / gained
        left_text = clock(left) if left >= 1 else ""
        if is_upload:
            return Estimate(left_text, f"{size(int(gained / seconds))}/s")
        return Estimate(left_text, frame_seconds=seconds / gained)


def clock(seconds: float) -> str:
    """Seconds as people read a clock: 0:42, 2:10, 1:02:10."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """Bytes as people read them: 640 KB, 214 MB, 1.4 GB."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if 0 < value < 10 and unit > 1 else f"{value:.0f} {_UNITS[unit]}"


def _amounts(one: Submission) -> tuple[int, int]:
    if one.stage is Stage.UPLOAD:
        return one.upload_done, one.package_bytes
    return max(one.frames_done, one.frames_rendered), one.frames_total
