"""Reads what a service reports about a file and the settings in use: any JSON, because no shape is documented.

members.py finds the members. What cannot be read counts as unknown. It is read at every poll, so only as much is read
of it as any real file needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ...client import frame_ranges
from ...client.answers import decoded_member
from ...client.plain_text import tidy
from ...client.tolerant import MAX_COUNT
from .members import Found, Members, by_name, plain_name

FRAME_RANGE = ("framerange", "frameranges", "frames")
RESOLUTION = ("resolution", "renderresolution")
MISSING = frozenset(
    {"missing", "missingfiles", "missingassets", "missingtextures", "missingimages", "missinglibraries"}
    | {"missingpaths", "missingdependencies", "missingexternalfiles", "filesmissing"}
)
NOTICES = frozenset({"notices", "notice", "warnings", "losses", "messages"})
_NOT_FACTS = MISSING | NOTICES
_FILE_LISTS = frozenset({"files", "externalfiles", "assets", "dependencies", "images", "textures", "libraries"})
_PATHS = ("path", "filepath", "filename", "file", "name", "source")
_CAPITALS = {name.lower(): name for name in ("GPU", "CPU", "RAM", "EXR", "TIFF", "ID", "FPS", "URL", "ACES")}
_MAX_DEPTH = 4
_MAX_FILES = 10_000
_MAX_NOTICES = 1000
_MAX_MEMBERS = 2000
_MAX_RANGES = 200_000
_MOST_OVERLAPPING = 100_000
_VALUE_LENGTH = 120
_NAME_LETTERS = 200
_MOST_FACTS = 60
_LISTED = 8


def whole_number(value: Any) -> int | None:
    """An integer, also as text or as 24.0; None for one that no setting has."""
    try:
        number = float(value) if not isinstance(value, bool) else None
        return int(number) if number is not None and abs(number) <= MAX_COUNT and number == int(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def frame_range(found: Found) -> tuple[int | None, int | None, int | None]:
    """First and last frame, and step; None if unknown."""
    first = whole_number(found.member(("framestart", "startframe", "firstframe")))
    last = whole_number(found.member(("frameend", "endframe", "lastframe")))
    step = whole_number(found.member(("framestep", "stepframe")))
    if first is None and last is None:
        first, last = _range(found.member(FRAME_RANGE))
    return first, last, step


def resolution(found: Found) -> tuple[int, int] | None:
    """Width and height in pixels."""
    value = found.member(RESOLUTION)
    sides: list[Any] = []
    if isinstance(value, str):
        sides = re.findall(r"\d+", value[:_VALUE_LENGTH])
    elif isinstance(value, list):
        sides = value
    elif isinstance(value, dict):
        inner = Found([by_name(value)])
        sides = [inner.member(("x", "width")), inner.member(("y", "height"))]
    if not value:
        sides = [found.member(("resolutionx", "xresolution")), found.member(("resolutiony", "yresolution"))]
    numbers = [whole_number(one) for one in sides] if len(sides) == 2 else []
    return (numbers[0], numbers[1]) if numbers and numbers[0] and numbers[1] else None


def missing_files(found: Found) -> list[str]:
    """Paths of the files that the service did not find, each once, as it writes them."""
    paths: dict[str, None] = {}
    for entry, is_missing in islice(_files(found), _MAX_FILES):
        members = by_name(entry) if isinstance(entry, dict) else {}
        if (is_missing or _is_missing(members)) and (path := _path(members or entry)):
            paths[path] = None
    return list(paths)


def notices(found: Found) -> list[str]:
    """Sentences that are meant for the user."""
    told = (value for each in found.objects for name, value in each.items() if name in NOTICES)
    entries = (one for value in told for one in (value if isinstance(value, list) else [value]))
    said = (_sentence(one) for one in islice(entries, _MAX_NOTICES))
    return list(dict.fromkeys(tidy(text) for text in said if text))


def facts(found: Any) -> list[tuple[str, str]]:
    """Everything that it says in a few lines: label, value; without missing files and notices."""
    if isinstance(found, str):
        read = decoded_member(found)
        found = read if isinstance(read, dict | list) else {"analysis": found}
    lines = islice(_facts(found, "", _MAX_DEPTH), _MAX_MEMBERS)
    return list(islice(((label, text) for label, text in lines if text), _MOST_FACTS))


def shown(value: Any) -> str:
    """A value as one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value == int(value if abs(value) < 1e15 else 0):
        value = int(value)
    if isinstance(value, list):
        pair = [whole_number(one) for one in value] if len(value) == 2 else []
        if pair and all(one and one > 0 for one in pair) and all(isinstance(one, int) for one in value):
            return f"{value[0]} × {value[1]}"
        texts = [shown(_named(one)) for one in value[:_LISTED]]
        return tidy(", ".join(texts) + (" …" if len(value) > _LISTED else ""), _VALUE_LENGTH)
    if isinstance(value, dict):
        return tidy(json.dumps(value, ensure_ascii=False), _VALUE_LENGTH)
    return tidy(str(value), _VALUE_LENGTH)


def words(name: str) -> str:
    """The name of a member as a label: frameStart becomes Frame Start, in Blender's words where it has its own."""
    if plain_name(name) == "framecurrent":
        return "Current Frame"
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+", " ", name[:_NAME_LETTERS]).split()
    return tidy(" ".join(_CAPITALS.get(part.lower(), part[:1].upper() + part[1:]) for part in parts), 40)


def frames(value: Any) -> Any:
    """The frames as a tuple of runs, so that "1-3" equals "1", "2", "3"; the value itself if it names none."""
    if isinstance(value, list) and len(value) > _MAX_RANGES:
        return value
    try:
        return frame_ranges.runs(value if isinstance(value, str) else map(str, value), _MOST_OVERLAPPING)
    except (ValueError, TypeError, AttributeError):
        return value


def _range(value: Any) -> tuple[int | None, int | None]:
    if isinstance(value, dict):
        inner = Found([by_name(value)])
        first = inner.member(("start", "first", "from", "begin"))
        return whole_number(first), whole_number(inner.member(("end", "last", "to")))
    numbers = frames(value)
    return (numbers[0][0], numbers[-1][-1]) if isinstance(numbers, tuple) else (None, None)


def _files(found: Found) -> Iterator[tuple[Any, bool]]:
    """Entries of lists of files, each with whether the list is of missing files."""
    for each in found.objects:
        for name, value in each.items():
            if name in MISSING:
                yield from ((entry, True) for entry in _entries(value))
            elif name in _FILE_LISTS and isinstance(value, list):
                yield from ((entry, False) for entry in value)


def _entries(value: Any) -> Iterator[Any]:
    """Texts or objects of a list, or of an object of such lists by kind."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, str) or (isinstance(value, dict) and _path(by_name(value))):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from each if isinstance(each, list) else ()


def _path(entry: Any) -> str:
    """The path in a text, or in the members of an object."""
    if isinstance(entry, dict):
        entry = next((one for name in _PATHS if isinstance(one := entry.get(name), str) and one), "")
    return tidy(entry) if isinstance(entry, str) else ""


def _is_missing(entry: Members) -> bool:
    is_told = entry.get("missing") is True or entry.get("ismissing") is True
    return is_told or entry.get("exists") is False or entry.get("found") is False or entry.get("status") == "missing"


def _sentence(entry: Any) -> str:
    if isinstance(entry, dict):
        entry = next((one for name in ("message", "text", "detail") if (one := by_name(entry).get(name))), "")
    return entry if isinstance(entry, str) else ""


def _named(entry: Any) -> Any:
    """The name of an object in a list, which is enough."""
    return entry["name"] if isinstance(entry, dict) and isinstance(entry.get("name"), str) else entry


def _facts(found: Any, before: str, depth: int) -> Iterator[tuple[str, str]]:
    """A line for each member, with an empty text for one that says nothing."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        yield before or "Analysis", shown(found)
        return
    for name, value in found.items():
        label = f"{before}: {words(name)}" if before else words(name)
        if plain_name(name) in _NOT_FACTS:
            yield label, ""
        elif isinstance(value, dict) and depth > 1:
            yield label, ""
            yield from _facts(value, label, depth - 1)
        else:
            yield tidy(label, 60), shown(value)
