"""The F-curves of a data-block, of its action, its NLA strips and its drivers, by the property that they write to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Key = tuple[int, str]
"""The address of the struct, and the name of its property or ["key"] of a custom one: however a path is written."""

Curves = dict[Key, list[Any]]

# The property at the end of a path, after its struct and before an index: modifiers["Build"].show_render.
_LAST = re.compile(r"(?:(?P<owner>.*)\.)?(?P<name>\w+)(?:\[(?P<index>\d+)\])?", re.DOTALL)
_LAST_KEY = re.compile(r'(?P<owner>.*?)(?P<name>\[(?:"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')\])(?:\[(?P<index>\d+)\])?')


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip of the NLA with the curves of its action."""

    strip: Any
    curves: Curves


@dataclass(frozen=True, slots=True)
class Block:
    """Everything that writes to the properties of a data-block.

    data: its animation data, or None. tracks: of the NLA, from the bottom to the top.
    """

    data: Any = None
    drivers: Curves = field(default_factory=dict)
    action: Curves = field(default_factory=dict)
    tracks: tuple[tuple[Any, tuple[Strip, ...]], ...] = ()

    def touches(self, key: Key) -> bool:
        """Whether anything writes to the property, at whatever time."""
        if key in self.drivers or key in self.action:
            return True
        return any(key in one.curves for _, strips in self.tracks for one in strips)


NOTHING = Block()


def read_block(block: Any) -> Block:
    """What animates the data-block."""
    data = getattr(block, "animation_data", None)
    if data is None:
        return NOTHING
    slot = getattr(data, "action_slot", None)
    return Block(
        data,
        _by_key(block, data.drivers),
        _by_key(block, _of_action(data.action, slot)),
        tuple((track, tuple(_strips(block, track.strips))) for track in data.nla_tracks),
    )


def key_of(struct: Any, name: str) -> Key:
    """The key of a property."""
    return struct.as_pointer(), name


def resolve(block: Any, path: str) -> tuple[Any, str, int] | None:
    """The struct, the property and the index that a path refers to; None if it is invalid."""
    if path.isidentifier():
        return block, path, 0
    match = _LAST_KEY.fullmatch(path) or _LAST.fullmatch(path)
    if match is None:
        return None
    try:
        owner = block.path_resolve(match["owner"]) if match["owner"] else block
    except ValueError:
        return None
    if hasattr(owner, "as_pointer"):
        return owner, match["name"], int(match["index"] or 0)
    axis = "xyzw".find(match["name"])  # location.x
    return resolve(block, f"{match['owner']}[{axis}]") if axis >= 0 else None


def _strips(block: Any, strips: Iterable[Any]) -> Iterator[Strip]:
    """The strips of a track, including those inside meta strips."""
    for strip in strips:
        yield Strip(strip, _by_key(block, _of_action(strip.action, getattr(strip, "action_slot", None))))
        yield from _strips(block, getattr(strip, "strips", ()))


def _of_action(action: Any, slot: Any) -> Iterator[Any]:
    """Since 4.4, curves are in layers, separately for each slot; one slot belongs to the data-block."""
    layers = getattr(action, "layers", ())
    if action is None:
        return
    if not len(layers):
        yield from getattr(action, "fcurves", ())
    for strip in (strip for layer in layers for strip in layer.strips if slot is not None):
        bag = strip.channelbag(slot)
        yield from bag.fcurves if bag is not None else ()


def _by_key(block: Any, curves: Iterable[Any]) -> Curves:
    found: Curves = {}
    keys: dict[str, Key | None] = {}
    for curve in curves:
        path = curve.data_path
        if path not in keys:  # the axes of a location are consecutive
            place = resolve(block, path)
            keys[path] = key_of(*place[:2]) if place is not None else None
        key, group = keys[path], curve.group
        if key is not None and not curve.mute and not (group is not None and group.mute):
            found.setdefault(key, []).append(curve)
    return found
