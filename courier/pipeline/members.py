"""Finds members by their names in JSON of undocumented shape, in bounded time.

A name counts however it is written (frameStart, frame_start, "Frame Start"), at the top or in one of the objects that
such answers are divided into. Of several members, the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from ...client.answers import decoded_member

Members = Mapping[str, Any]
"""The members of an object by their names, reduced to lowercase letters and digits."""
_PARTS = frozenset(
    {"analysis", "data", "result", "results", "report", "summary", "info", "details", "file", "blend", "metadata"}
    | {"scene", "scenes", "activescene", "render", "settings", "rendersettings", "renderconfig", "output", "config"}
    | {"finalconfig", "finalrenderconfig", "requestedrenderconfig", "outputsettings", "imagesettings", "cycles"}
)
_SCENE_NAMES = ("name", "scene", "scenename")
_MAX_DEPTH = 4
_MAX_ENTRIES = 1000
_MAX_MEMBERS = 50_000
"""Read of an answer: it is read at every poll, and each takes a microsecond."""
_NAME_LETTERS = 100


class Found:
    """Objects that may hold members, those that count first in front."""

    def __init__(self, objects: Iterable[Members]) -> None:
        self.objects: Sequence[Members] = tuple(objects)
        self._first: dict[str, tuple[int, Any]] = {}
        """The first value of each name, with its place among all members."""
        place = 0
        for each in self.objects:
            for name, value in each.items():
                place += 1
                if value is not None:
                    self._first.setdefault(name, (place, value))

    def __bool__(self) -> bool:
        return bool(self.objects)

    def member(self, names: Collection[str]) -> Any:
        """The value of the first member with one of these names, or None."""
        known = [self._first[name] for name in names if name in self._first]
        return min(known, key=lambda one: one[0])[1] if known else None


def find(told: Any, scene: str = "") -> Found:
    """The objects of an answer, or of a text of JSON: those of the scene of this name first, then the outermost."""
    level, every, left = [decoded_member(told)], list[Members](), _MAX_MEMBERS
    for _ in range(_MAX_DEPTH):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, list):
                inner += each[:_MAX_ENTRIES]
            elif isinstance(each, dict) and left > 0:
                every.append(members := by_name(each, left))
                left -= len(members) + 1
                inner += [value for name, value in members.items() if name in _PARTS]
        level = inner
    is_named = [bool(scene) and any(each.get(name) == scene for name in _SCENE_NAMES) for each in every]
    order = sorted(range(len(every)), key=lambda index: not is_named[index])
    return Found(every[index] for index in order)


def by_name(found: Mapping[str, Any], most: int = _MAX_ENTRIES) -> Members:
    """The first members of an object by their plain names."""
    return {plain_name(name): value for name, value in islice(found.items(), most)}


def plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name[:_NAME_LETTERS].casefold())
