"""Reads what a service reports about a file and the settings in use: any JSON, because no shape is documented.

A member is found by its name, however it is written (frameStart, frame_start, "Frame Start"), at the top or in one of
the objects that such answers are divided into. Of several, the first counts. What cannot be read counts as unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ...client import frame_ranges
from ...client.plain_text import tidy

Object = Mapping[str, Any]

FRAME_RANGE = ("framerange", "frameranges", "frames")
RESOLUTION = ("resolution", "renderresolution")
MISSING = frozenset(
    {"missing", "missingfiles", "missingassets", "missingtextures", "missingimages", "missinglibraries"}
    | {"missingpaths", "missingdependencies", "missingexternalfiles", "filesmissing"}
)
NOTICES = frozenset({"notices", "notice", "warnings", "losses", "messages"})
_PARTS = frozenset(
    {"analysis", "data", "result", "results", "report", "summary", "info", "details", "file", "blend", "metadata"}
    | {"scene", "scenes", "activescene", "render", "settings", "rendersettings", "renderconfig", "output", "config"}
    | {"finalconfig", "finalrenderconfig", "requestedrenderconfig", "outputsettings", "imagesettings", "cycles"}
)
_FILE_LISTS = frozenset({"files", "externalfiles", "assets", "dependencies", "images", "textures", "libraries"})
_PATHS = ("path", "filepath", "filename", "file", "name", "source")
_SCENE_NAMES = ("name", "scene", "scenename")
_CAPITALS = {name.lower(): name for name in ("GPU", "CPU", "RAM", "EXR", "TIFF", "ID", "FPS", "URL", "ACES")}
_MAX_DEPTH = 4
_MAX_ENTRIES = 1000
_VALUE_LENGTH = 120
_MOST_FACTS = 60
_LISTED = 8


def objects(found: Any, scene: str = "") -> list[Object]:
    """The objects that may hold members, those of the scene of this name first, then the outermost."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return []
    every = list(_objects(found, _MAX_DEPTH))
    every.sort(key=lambda each: each[0])
    ordered = [each for _, each in every]
    named = [each for each in ordered if scene and any(by_name(each).get(name) == scene for name in _SCENE_NAMES)]
    return [*named, *(each for each in ordered if each not in named)]


def by_name(each: Object) -> dict[str, Any]:
    """Its members by their names, reduced to lowercase letters and digits."""
    return {plain_name(name): value for name, value in each.items()}


def plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def member(found: Sequence[Object], names: Collection[str]) -> Any:
    """The value of the first member with one of these names, or None."""
    for each in found:
        for name, value in by_name(each).items():
            if name in names and value is not None:
                return value
    return None


def whole_number(value: Any) -> int | None:
    """An integer, also as text or as 24.0."""
    try:
        number = float(value) if not isinstance(value, bool) else None
        return int(number) if number is not None and number == int(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def frame_range(found: Sequence[Object]) -> tuple[int | None, int | None, int | None]:
    """First and last frame, and step; None if unknown."""
    first = whole_number(member(found, ("framestart", "startframe", "firstframe")))
    last = whole_number(member(found, ("frameend", "endframe", "lastframe")))
    step = whole_number(member(found, ("framestep", "stepframe")))
    if first is None and last is None:
        first, last = _range(member(found, FRAME_RANGE))
    return first, last, step


def resolution(found: Sequence[Object]) -> tuple[int, int] | None:
    """Width and height in pixels."""
    value = member(found, RESOLUTION)
    sides: list[Any] = []
    if isinstance(value, str):
        sides = re.findall(r"\d+", value)
    elif isinstance(value, list):
        sides = value
    elif isinstance(value, dict):
        inner = [value]
        sides = [member(inner, ("x", "width")), member(inner, ("y", "height"))]
    if not value:
        sides = [member(found, ("resolutionx", "xresolution")), member(found, ("resolutiony", "yresolution"))]
    numbers = [whole_number(one) for one in sides]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and numbers[0] and numbers[1] else None


def missing_files(found: Sequence[Object]) -> list[str]:
    """Paths of the files that the service did not find, each once, as it writes them."""
    paths: list[str] = []
    for each in found:
        for name, value in by_name(each).items():
            if name in MISSING:
                paths += _paths(value)
            elif name in _FILE_LISTS and isinstance(value, list):
                paths += _paths([one for one in value if isinstance(one, dict) and _is_missing(by_name(one))])
    return list(dict.fromkeys(path for path in paths if path))


def notices(found: Sequence[Object]) -> list[str]:
    """Sentences that are meant for the user."""
    said: list[str] = []
    for each in found:
        for name, value in by_name(each).items():
            if name in NOTICES:
                entries = value if isinstance(value, list) else [value]
                said += [tidy(text) for one in entries[:_MAX_ENTRIES] if (text := _sentence(one))]
    return list(dict.fromkeys(said))


def facts(found: Any) -> list[tuple[str, str]]:
    """Everything that it says in a few lines: label, value; without missing files and notices."""
    if isinstance(found, str):
        parsed = objects(found)
        found = parsed[0] if parsed else {"analysis": found}
    return list(_facts(found, "", _MAX_DEPTH))[:_MOST_FACTS]


def shown(value: Any) -> str:
    """A value as one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value == int(value if abs(value) < 1e15 else 0):
        value = int(value)
    if isinstance(value, list):
        pair = [whole_number(one) for one in value]
        if len(pair) == 2 and all(one and one > 0 for one in pair) and all(isinstance(one, int) for one in value):
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
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+", " ", name).split()
    return tidy(" ".join(_CAPITALS.get(part.lower(), part[:1].upper() + part[1:]) for part in parts), 40)


def frames(value: Any) -> Any:
    """The frames' numbers, so that "1-3" equals "1", "2", "3"; the value itself if it names none."""
    try:
        return frame_ranges.parse(value) if isinstance(value, str) else frame_ranges.parse_all(map(str, value))
    except (ValueError, TypeError, AttributeError):
        return value


def _objects(found: Any, depth: int) -> Iterator[tuple[int, Object]]:
    if not depth:
        return
    if isinstance(found, list):
        for each in found[:_MAX_ENTRIES]:
            yield from _objects(each, depth - 1)
    elif isinstance(found, dict):
        yield _MAX_DEPTH - depth, found
        for name, value in found.items():
            if plain_name(name) in _PARTS:
                yield from _objects(value, depth - 1)


def _range(value: Any) -> tuple[int | None, int | None]:
    if isinstance(value, dict):
        inner = [value]
        first = member(inner, ("start", "first", "from", "begin"))
        return whole_number(first), whole_number(member(inner, ("end", "last", "to")))
    numbers = frames(value)
    return (numbers[0], numbers[-1]) if isinstance(numbers, tuple) else (None, None)


def _paths(value: Any) -> list[str]:
    """Paths in a list of texts or of objects, or in an object of such lists by kind."""
    if isinstance(value, dict):
        own = _path(value)
        return [own] if own else [path for each in value.values() if isinstance(each, list) for path in _paths(each)]
    if not isinstance(value, list):
        return [tidy(value)] if isinstance(value, str) else []
    return [path for each in value[:_MAX_ENTRIES] if (path := _path(each))]


def _path(entry: Any) -> str:
    if isinstance(entry, dict):
        entry = next((one for name in _PATHS if isinstance(one := by_name(entry).get(name), str) and one), "")
    return tidy(entry) if isinstance(entry, str) else ""


def _is_missing(entry: Object) -> bool:
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
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        if text := shown(found):
            yield before or "Analysis", text
        return
    for name, value in found.items():
        if plain_name(name) in MISSING | NOTICES:
            continue
        label = f"{before}: {words(name)}" if before else words(name)
        if isinstance(value, dict) and depth > 1:
            yield from _facts(value, label, depth - 1)
        elif text := shown(value):
            yield tidy(label, 60), text
