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
_ENGINE = re.compile(r"Engine '(?P<name>.+)' not available for scene '(?P<scene>.+)' \(")
_SAID_OTHERWISE = re.compile(
    r"linked data-blocks are missing|Unable to open '|Cannot find lib|LIB: |expect loss of data"
    r"|Cannot read file|Unrecognized file format|Failed to read blend file|Levels of indirect usages"
    r"|Linked id '.+' from '.+' uses local ID"
)
"""Missing files and data, their consequences, and newer Blenders have findings of their own."""


@dataclass(frozen=True, slots=True)
class Loss:
    """kind: ENGINE, COLOR or OTHER. text: Blender's own sentence. name, scene: of a render engine that is missing."""

    kind: str
    text: str
    name: str = ""
    scene: str = ""


def losses(log: str) -> tuple[Loss, ...]:
    """The warnings and errors among the lines, each once."""
    found = dict.fromkeys(loss for line in log.splitlines() if (loss := _loss(line.strip())))
    return tuple(found)


def _loss(line: str) -> Loss | None:
    match = next((match for pattern in _LINES if (match := pattern.fullmatch(line))), None)
    if match is None or _SAID_OTHERWISE.search(match["text"]):
        return None
    if engine := _ENGINE.match(match["text"]):
        return Loss(ENGINE, match["text"], engine["name"], engine["scene"])
    is_color = match["place"].replace("_", " ").lower() == "color management"
    return Loss(COLOR if is_color else OTHER, match["text"])
