"""Whether the file that the service has opened is the one that was sent: what is missing there, and what differs.

The service's analysis is any JSON; values that are missing or cannot be read count as right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...client.message import Message, msg
from ...jobs.folder.job_folder import JobFile
from . import analysis, members
from .members import Found

_ENGINES = ("CYCLES", "EEVEE", "WORKBENCH")
_NAMED = 3


def unexpected(told: Any, job: JobFile) -> tuple[Message, ...]:
    """A sentence for each difference from what was sent; none if all is well, or unknown.

    told: the job's analysis. Compared with the scene's own values: overrides follow later, with the render.
    """
    found = members.find(told, job.scene)
    return tuple(message for message in (_missing(found, job), *_differences(found, job.expected)) if message)


def _missing(found: Found, job: JobFile) -> Message | None:
    """Files that were known not to be sent are not reported again."""
    left_out = job.expected.get("missing", ())
    known = {_shape(path) for path in left_out}
    folders = {_shape(_folder(path)) for path in left_out}  # an image strip is reported by its folder
    files = [
        path
        for path in analysis.missing_files(found)
        if _shape(path) not in (folders if path.endswith(("/", "\\")) else known)
    ]
    if not files:
        return None
    named = ", ".join(files[:_NAMED])
    if len(files) <= _NAMED:
        return msg("Missing on the server: {files}.", files=named)
    return msg("Missing on the server: {files} and {count} more.", files=named, count=len(files) - _NAMED)


def _folder(path: str) -> str:
    return re.split(r"[/\\][^/\\]*$", path)[0]


def _shape(path: str) -> str:
    """The same for a file wherever it is, and for all files of a sequence or of a set of tiles."""
    name = re.split(r"[/\\]", path.rstrip("/\\"))[-1].casefold()
    return re.sub(r"(?:\d+|<udim>|<uvtile>|#+)+", "#", name)


def _differences(found: Found, expected: dict[str, Any]) -> Iterator[Message]:
    yield from _frames(found, expected.get("frames") or ())
    size, percentage = analysis.resolution(found), expected.get("resolutionPercentage") or 100
    sides = expected.get("resolution")
    if size and sides and list(size) not in (list(sides), [side * percentage // 100 for side in sides]):
        yield _otherwise(msg("Resolution"), _size(sides), _size(size))
    scale = analysis.whole_number(found.member(("resolutionpercentage", "resolutionpercent")))
    if scale is not None and "resolutionPercentage" in expected and scale != percentage:
        yield _otherwise(msg("Resolution %"), f"{percentage}%", f"{scale}%")
    engine = found.member(("engine", "renderengine", "renderer"))
    if isinstance(engine, str) and not _is_same_engine(engine, expected.get("renderEngine", "")):
        yield _otherwise(msg("Render Engine"), expected["renderEngine"], analysis.shown(engine))


def _frames(found: Found, expected: Sequence[int]) -> Iterator[Message]:
    if len(expected) != 3:
        return
    told = analysis.frame_range(found)
    if all(one in (None, other) for one, other in zip(told, expected, strict=True)):
        return
    here = [other if one is None else one for one, other in zip(told, expected, strict=True)]
    yield _otherwise(msg("Frames"), _range(expected), _range(here))


def _is_same_engine(told: str, expected: str) -> bool:
    """An engine with an unknown name is not compared: the service may name it freely."""
    known = [name for name in _ENGINES if name in told.upper()]
    return not (known and expected) or any(name in expected.upper() for name in known)


def _otherwise(setting: Message, expected: str, found: str) -> Message:
    return msg(
        "{setting}: {expected} in the file, {found} on the server.", setting=setting, expected=expected, found=found
    )


def _size(sides: Sequence[int]) -> str:
    return " × ".join(map(str, sides))


def _range(frames: Sequence[int]) -> str:
    first, last, step = frames
    return f"{first}-{last}" + (f"x{step}" if step != 1 else "")
