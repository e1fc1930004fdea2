"""Finds the messages of Blender, while it opens a file, that mean a loss. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENGINE, COLOR, OTHER = "engine", "color", "other"

_LINES = (
    # 5.0 and newer: time, place, severity.
    re.compile(r"\d\d:\d\d\.\d{3}\s+(?P<place>[\w.]+)\s*\|\s*(?:ERROR|WARNING)\s+(?P<text>.+)"),
    re.compile(r"(?:WARN|ERROR) \((?P<place>[\w.]+)\): \S+:\d+ \w+: (?P<text>.+)"),
    re.compile(r"(?P<place>Color management): (?P<text>.+ not found.+)"),
    re.compile(r"(?P<place>)(?:Error|Warning): (?P<text>.+)"),
)
_NO_ENGINE = ("Engine '", "' not available for scene '", "' (")
_SAID_OTHERWISE = re.compile(
    r"linked data-blocks are missing|Unable to open '|Cannot find lib|LIB: |expect loss of data"
    r"|Cannot read file|Unrecognized file format|Failed to read blend file|Levels of indirect usages"
)
"""Missing files and data, their consequences, and newer Blenders have findings of their own."""
_USES_LOCAL_ID = ("Linked id '", "' uses local ID")
"""The beginning and end of one more of these. One pattern for both takes minutes with a line made for it."""
_LONGEST_LINE = 4000
"""Characters: of two paths and some words. The rest of a longer line is not read."""
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """kind: ENGINE, COLOR or OTHER. text: Blender's own sentence. name, scene: of a render engine that is missing."""

    kind: str
    text: str
    name: str = ""
    scene: str = ""


def losses(log: str) -> tuple[Loss, ...]:
    """The warnings and errors among the lines, each once, of the first thousand."""
    found: dict[Loss, None] = {}
    for line in dict.fromkeys(log.splitlines()):
        if (loss := _loss(line[:_LONGEST_LINE].strip())) is not None:
            found[loss] = None
            if len(found) == _MOST:
                break
    return tuple(found)


def _loss(line: str) -> Loss | None:
    match = next((match for pattern in _LINES if (match := pattern.fullmatch(line))), None)
    if match is None or _is_said_otherwise(match["text"]):
        return None
    if engine := _missing_engine(match["text"]):
        return Loss(ENGINE, match["text"], *engine)
    is_color = match["place"].replace("_", " ").lower() == "color management"
    return Loss(COLOR if is_color else OTHER, match["text"])


def _is_said_otherwise(text: str) -> bool:
    _, linked, rest = text.partition(_USES_LOCAL_ID[0])
    return bool(linked and _USES_LOCAL_ID[1] in rest) or _SAID_OTHERWISE.search(text) is not None


def _missing_engine(text: str) -> tuple[str, str] | None:
    """The name of a render engine that is missing, and the scene's; by steps, for the same reason."""
    before, after, end = _NO_ENGINE
    name, found, rest = text.removeprefix(before).partition(after)
    scene, ends, _ = rest.rpartition(end)
    return (name, scene) if text.startswith(before) and found and ends else None
