"""Where each file of the service is saved on this disk. Works on names only: no network, no journal.

The list that a file is in tells whether it is a frame; only frames get the names that Blender gives frames.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...client.errors import LocalProblem
from ...client.message import msg
from ...client.models import FrameOutput
from ...client.plain_text import printable
from ...jobs.folder.frame_names import is_view
from ...jobs.folder.job_folder import JobFile, number_run
from . import output_names, safe_paths
from .output_names import NamedOutput, with_view

_SAME_SUFFIX = {".jpeg": ".jpg", ".tiff": ".tif"}
_IMAGES = frozenset(
    {
        ".png", ".jpg", ".jpeg", ".exr", ".tif", ".tiff", ".tga", ".bmp", ".hdr", ".webp", ".jp2", ".j2c", ".cin",
        ".dpx", ".rgb", ".sgi",
    }
)  # fmt: skip
NODE_FOLDER = "compositor"
"""The folder for a compositor node's file that is named like a frame."""
_VIEW_MARK = re.compile(r"[._-]([^\W\d_]+)\d+$")
"""How a service may mark a view, after the frame's number: frame2_L1."""
_MOST_DIGITS = 9
"""Longer numbers, such as a date with its time, are not frame numbers."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One file to download.

    name: the key within a submission. path: where to save it, absolute; None if the name was refused, see problem.
    frame: its number, or None. is_of_pattern: whether this is where the scene's own pattern puts an image of a frame of
    the job; not known for a path that was assigned earlier.
    """

    name: str
    path: Path | None
    frame: int | None
    output: FrameOutput
    problem: str = ""
    is_of_pattern: bool = False


class _Asked:
    """A job and its frames. Sets are made once: searching a list for each file takes minutes with 100,000 files."""

    def __init__(self, job: JobFile) -> None:
        self.job = job
        self.frames = frozenset(job.frames)
        self.in_order = sorted(job.frames)
        self._other_patterns = job.output.other_patterns()

    def own_number(self, stem: str, *, has_more: bool = False) -> int | None:
        """The frame to which the scene's own pattern gives this name: 2012 for “50%2012” and “50%####”.

        has_more: any text may follow the number, such as that of a view (“shot_0002_L1”).
        """
        for pattern in self.job.output.patterns:
            own = Path(pattern).name
            if (run := number_run(own)) is None:
                continue
            tail = r"\D.*" if has_more else re.escape(_stem(own)[run.end() :])
            found = re.fullmatch(rf"{re.escape(own[: run.start()])}(-?\d{{{len(run[0])},{_MOST_DIGITS}}}){tail}", stem)
            if found is not None and int(found[1]) in self.frames:
                return int(found[1])
        return None

    def is_own_name(self, name: str) -> bool:
        return self.own_number(_stem(name)) is not None

    def pattern_of(self, frame: int) -> str:
        return self._other_patterns.get(frame, self.job.output.pattern)

    def is_image_of(self, frame: int, path: Path, view: str) -> bool:
        """Whether a path, made from the pattern, is that of an image of a frame that was asked for."""
        is_image = self.job.output.is_exact or path.suffix.lower() in _IMAGES
        return is_image and (frame in self.frames or not self.frames) and (not view or is_view(view))


def plan_destinations(
    outputs: Iterable[FrameOutput], job: JobFile, taken: Mapping[str, str] | None = None
) -> list[Destination]:
    """Destinations in a good order for watching: frames by number, then what compositor nodes wrote.

    Args:
        outputs: the files that the service lists, their names untrusted.
        job: says the folder, the pattern and the frames that were asked for.
        taken: paths assigned earlier (name → path), which are kept.
    """
    places = {safe_paths.collision_key(Path(path)): name for name, path in (taken or {}).items()}
    found: dict[str, NamedOutput] = {}
    asked = _Asked(job)
    for one in output_names.named(tuple(outputs), asked.is_own_name):
        found.setdefault(printable(one.key), one)
    unnamed = sum(one.position is not None and one.output.is_frame for one in found.values())
    targets = []
    for name, one in found.items():
        frame = _frame_at(one, unnamed, asked) if one.position is not None else _frame(one, asked)
        targets.append(_target(one, frame, asked, places, (taken or {}).get(name)))
    return sorted(targets, key=_watching_order)


def number_in(stem: str, expected: Container[int]) -> int | None:
    """The last run of digits in a name without extension; negative if a minus stands alone or is expected.

    Text after another dot ("shot.0001") is not an extension.
    """
    # One pattern from the number to the end would take quadratic time.
    run = next(iter(deque(re.finditer(r"\d+", stem), maxlen=1)), None)
    if run is None or len(run[0].lstrip("0")) > _MOST_DIGITS:
        return None
    number, before = int(run[0]), stem[: run.start()]
    if re.search(r"(?<![^\W_])-\Z", before):
        return number if number in expected and -number not in expected else -number
    return -number if before.endswith("-") and number not in expected and -number in expected else number


def _stem(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix else path.name


def numbered(pattern: str, frame: int, suffix: str) -> Path:
    """The pattern's path for a frame.

    Args:
        pattern: a path with one run of # for the number, or none for a single image.
        frame: its number; below zero it has a minus in front of the zeros.
        suffix: of the service's file, with its dot.
    """
    run = number_run(pattern)
    if run is None:
        path = Path(pattern)
    else:
        digits = str(abs(frame)).zfill(len(run[0]))
        path = Path(pattern[: run.start()] + ("-" if frame < 0 else "") + digits + pattern[run.end() :])
    return path if _same_suffix(path.suffix, suffix) else path.with_suffix(suffix)


def _target(
    one: NamedOutput, frame: int | None, asked: _Asked, places: dict[str, str], kept: str | None
) -> Destination:
    name = printable(one.key)
    if kept is not None:
        return Destination(name, Path(kept), frame, one.output)
    try:
        path, is_of_pattern = _place(one, frame, asked, places)
        safe_paths.check_length(one.below, path)
    except LocalProblem as problem:
        return Destination(name, None, frame, one.output, problem.what)
    except (OSError, ValueError):
        problem_words = safe_paths.refusal(one.below, msg("is not a valid file name")).what
        return Destination(name, None, frame, one.output, problem_words)
    places[safe_paths.collision_key(path)] = name
    return Destination(name, path, frame, one.output, is_of_pattern=is_of_pattern)


def _frame(one: NamedOutput, asked: _Asked) -> int | None:
    """The frame's number; digits in its view's name, and those that the scene's own pattern adds, do not count."""
    if one.output.view and (own := asked.own_number(_stem(one.file), has_more=True)) is not None:
        return own
    stem = _stem(one.file).removesuffix(one.output.view or "")
    mark = _VIEW_MARK.search(stem) if one.output.view else None
    if mark and one.output.view and one.output.view.strip("._-").casefold().startswith(mark[1].casefold()):
        number = number_in(stem[: mark.start()], asked.frames)
        if number in asked.frames:
            return number
    for pattern in asked.job.output.patterns:
        name = Path(pattern).name
        run = number_run(name)
        # What follows the last dot may be an extension, or a part of the name (“f.####.v2”).
        for tail in (name[run.end() :], _stem(name)[run.end() :]) if run else ():
            if re.search(r"\d", tail) and re.search(rf"\d{re.escape(tail)}$", stem):
                return number_in(stem.removesuffix(tail), asked.frames)
    return number_in(stem, asked.frames)


def _frame_at(one: NamedOutput, unnamed: int, asked: _Asked) -> int | None:
    """Links without file names are in the order of the frames, once there are as many. Until then only a number that
    stands alone is a frame number: the digits of a random name are not."""
    if one.output.is_frame and unnamed == len(asked.in_order) and one.position is not None:
        return asked.in_order[one.position]
    return _frame(one, asked) if re.search(r"(?<![^\W_])\d+$", _stem(one.file)) else None


def _place(one: NamedOutput, frame: int | None, asked: _Asked, places: Mapping[str, str]) -> tuple[Path, bool]:
    """The path, and whether it is that of the pattern."""
    job = asked.job
    if one.is_too_long:
        raise safe_paths.refusal(one.below, msg("is too long for a file name"))
    safe_paths.check_view(one.below, one.output.view or "")
    folder = Path(job.output.folder)
    below = safe_paths.inside(folder, one.below)
    if one.output.is_frame:
        if job.output.pattern and frame is not None:
            suffix = "" if job.output.is_exact else below.suffix
            path = numbered(asked.pattern_of(frame), frame, suffix)
            path = path.with_name(with_view(path.name, one.view))
            if safe_paths.collision_key(path) not in places:
                return path, asked.is_image_of(frame, path, one.view)
    elif _is_name_of_a_frame(below, frame, asked):
        below = safe_paths.inside(folder, f"{NODE_FOLDER}/{one.below}")
    return (below if safe_paths.collision_key(below) not in places else safe_paths.apart(below, one.key)), False


def _is_name_of_a_frame(path: Path, frame: int | None, asked: _Asked) -> bool:
    """Whether a frame of this job, which may come later, would have this name."""
    output = asked.job.output
    if path.parent == Path(output.folder) and not re.search(r"[^\W\d_]", path.stem):
        return True
    if not output.pattern or frame is None:
        return False
    wanted = numbered(asked.pattern_of(frame), frame, path.suffix)
    return safe_paths.collision_key(wanted) == safe_paths.collision_key(path)


def _same_suffix(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return not other or _SAME_SUFFIX.get(one, one) == _SAME_SUFFIX.get(other, other)


def _watching_order(target: Destination) -> tuple[bool, float, str]:
    frame = float("inf") if target.frame is None else target.frame
    return not target.output.is_frame, frame, target.name
