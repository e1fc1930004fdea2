"""Which file of the service lands where on this disk.  Knows names alone: no network, no journal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...client.errors import LocalProblem
from ...client.models import FrameOutput
from ...jobs.job_folder import JobFile, number_run
from . import safe_paths

_SAME_SUFFIX = {".jpeg": ".jpg", ".tiff": ".tif"}
_MOST_DIGITS = 9
"""Longer numbers, such as a date with its time, are no frame's."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One file to bring here.

    name: what the service calls it, the key within a submission.  path: its place, absolute; None when the name was
    refused, and problem says why.  frame: its number, or None.
    """

    name: str
    path: Path | None
    frame: int | None
    output: FrameOutput
    problem: str = ""


def plan_destinations(
    outputs: Iterable[FrameOutput], job: JobFile, taken: Mapping[str, str] | None = None
) -> list[Destination]:
    """Targets in the order that is good to watch: frames by number, then what compositor nodes wrote.

    taken: places given out before (name → path), which stay.
    """
    places = {safe_paths.collision_key(Path(path)): name for name, path in (taken or {}).items()}
    targets: dict[str, Destination] = {}
    for output in outputs:
        name = service_name(output)
        if name not in targets:
            kept = (taken or {}).get(name)
            targets[name] = _target(name, output, job, places, kept)
    return sorted(targets.values(), key=_watching_order)


def service_name(output: FrameOutput) -> str:
    """The path below the service's output folder, slashes only."""
    file = output.file_name or _name_in(output.url)
    file = _with_view(file, output.view or "")
    folder = (output.relative_path or "").replace("\\", "/")
    original = output.file_name or file
    if folder.rpartition("/")[2] == original:
        folder = folder.rpartition("/")[0]
    elif not folder and output.composite_node_name:
        folder = output.composite_node_name.replace("/", "_").replace("\\", "_")
    name = f"{folder.rstrip('/')}/{file}" if folder else file
    return name.encode("utf-8", "xmlcharrefreplace").decode("utf-8")  # half characters cannot stand in a journal


def _name_in(url: str) -> str:
    try:
        return unquote(Path(urlsplit(url).path).name)
    except ValueError:
        return ""


def frame_number(name: str, expected: Iterable[int] = ()) -> int | None:
    """The last run of digits before the extension; negative where a minus stands alone or only that was asked for."""
    found = re.search(r"(?P<alone>(?<![^\W_])-)?(?P<dash>(?<!^)-)?(?P<digits>\d+)\D*$", _stem(name))
    if found is None or len(found["digits"].lstrip("0")) > _MOST_DIGITS:
        return None
    number, asked = int(found["digits"]), set(expected)
    if found["alone"]:
        return number if number in asked and -number not in asked else -number
    return -number if found["dash"] and number not in asked and -number in asked else number


def _stem(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix else path.name


def numbered(pattern: str, frame: int, suffix: str) -> Path:
    """The pattern's path for a frame, with the suffix of the file that came."""
    run = number_run(pattern)
    if run is None:
        path = Path(pattern)
    else:
        digits = str(abs(frame)).zfill(len(run[0]))
        path = Path(pattern[: run.start()] + ("-" if frame < 0 else "") + digits + pattern[run.end() :])
    return path if _same_suffix(path.suffix, suffix) else path.with_suffix(suffix)


def _target(name: str, output: FrameOutput, job: JobFile, places: dict[str, str], kept: str | None) -> Destination:
    frame = _frame(output, job)
    if kept is not None:
        return Destination(name, Path(kept), frame, output)
    try:
        path = _place(name, frame, output, job, places)
        safe_paths.check_length(name, path)
    except LocalProblem as problem:
        return Destination(name, None, frame, output, problem.what)
    except (OSError, ValueError):
        return Destination(name, None, frame, output, safe_paths.refusal(name, "is no name for a file here").what)
    places[safe_paths.collision_key(path)] = name
    return Destination(name, path, frame, output)


def _frame(output: FrameOutput, job: JobFile) -> int | None:
    """The frame's number; digits of its view's name are none."""
    stem = _stem(output.file_name or _name_in(output.url))
    return frame_number(stem.removesuffix(output.view or ""), job.frames)


def _place(name: str, frame: int | None, output: FrameOutput, job: JobFile, places: Mapping[str, str]) -> Path:
    safe_paths.check_view(name, output.view or "")
    below = safe_paths.inside(Path(job.output.folder), name)
    if job.output.pattern and frame is not None and not output.composite_node_name:
        suffix = "" if job.output.is_exact else below.suffix
        path = numbered(job.output.pattern_of(frame), frame, suffix)
        if output.view and output.view not in path.stem:
            path = path.with_name(_with_view(path.name, output.view))
        if safe_paths.collision_key(path) not in places:
            return path
    return below if safe_paths.collision_key(below) not in places else safe_paths.apart(below, name)


def _with_view(file: str, view: str) -> str:
    """Blender's own way to name the files of several views: the suffix before the extension."""
    stem, dot, suffix = file.rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot else (file, "")
    if not view or stem.endswith(view):
        return file
    return f"{stem}{view if view[0] in '_.-' else '_' + view}{suffix}"


def _same_suffix(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return not other or _SAME_SUFFIX.get(one, one) == _SAME_SUFFIX.get(other, other)


def _watching_order(target: Destination) -> tuple[bool, float, str]:
    frame = float("inf") if target.frame is None else target.frame
    return bool(target.output.composite_node_name), frame, target.name
