"""How long a frame of a scene takes, based on its earlier renders. Does not use bpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...jobs.journal.submission import Submission


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The result of one submission: average seconds per frame on a server's computer.

    work: of a frame, as from `frame_work`.
    """

    server_url: str
    blend: str
    scene: str
    seconds: float
    work: float


def frame_work(config: Mapping[str, Any]) -> float:
    """Pixels times samples of a frame, 0 for one that Cycles does not render. config: as requestedRenderConfig."""
    if config.get("renderEngine") != "CYCLES":
        return 0.0
    try:
        width, height = config["resolution"]
        scale = config.get("resolutionPercentage", 100) / 100
        return float(width * height * scale * scale * max(1, config.get("sampleCount") or 1))
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0.0


def measured(parts: Sequence[Submission], works: Mapping[str, float]) -> FrameTime | None:
    """The frame time of a render's newest submission that has a frame. works: by submission ID."""
    for one in reversed(parts):
        frames = max(one.frames_rendered, one.frames_done)
        if one.normalized_seconds and frames and works.get(one.id):
            return FrameTime(one.server_url, one.blend, one.scene, one.normalized_seconds / frames, works[one.id])
    return None


def expected(times: Iterable[FrameTime | None], server_url: str, blend: str, scene: str, work: float) -> float | None:
    """Seconds that a frame will take on a server; None if unknown.

    Args:
        times: of renders, newest first; None for one without a time.
        server_url, blend, scene: only renders with the same three are compared.
        work: of a frame as it would be submitted now, in the unit of `FrameTime.work`.
    """
    if not blend or not work:
        return None
    wanted = server_url, blend, scene
    found = next((one for one in times if one and (one.server_url, one.blend, one.scene) == wanted), None)
    return found.seconds * work / found.work if found else None
