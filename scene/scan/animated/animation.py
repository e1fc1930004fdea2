"""Whether a property changes over time, and which value it has at a time.

The scan and the checks read animatable properties only through this module: the value in the open file is only that
of the frame at which it was saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import curves, drivers, nla
from .expression import Unknown

__all__ = ["Animation", "Unknown"]

_DEPTH = 8
"""How far drivers may lead to other drivers; Blender itself breaks circles."""


class Animation:
    """Answers for the open file, as long as it does not change: what is read of a data-block is cached."""

    def __init__(self) -> None:
        self._blocks: dict[int, curves.Block] = {}

    def touches(self, struct: Any, name: str) -> bool:
        """Whether an action, a driver or a strip of the NLA writes to the property, at whatever time."""
        block = self._block(struct.id_data)
        return block is not curves.NOTHING and block.touches(curves.key_of(struct, name))

    def may_be(self, struct: Any, name: str, *wanted: Any) -> bool:
        """Whether the property has one of these values, or may have it: an animated one may have any."""
        return getattr(struct, name) in wanted or self.touches(struct, name)

    def is_on(self, struct: Any, name: str) -> bool:
        """Whether a switch is on, or may be at some time."""
        return self.may_be(struct, name, True)

    def is_off(self, struct: Any, name: str) -> bool:
        """Whether a switch is off, or may be at some time."""
        return self.may_be(struct, name, False)

    def at(self, struct: Any, name: str, time: float) -> Any:
        """The value at a time: a number, or the value in the file if nothing animates it.

        Args:
            struct: a data-block or a part of one.
            name: of its property.
            time: in frames, may be fractional.

        Raises:
            Unknown: it is animated and cannot be computed, as for text, enums and positions.
        """
        return self._at(struct, name, 0, time, 0)

    def _block(self, block: Any) -> curves.Block:
        address = block.as_pointer()
        if address not in self._blocks:
            self._blocks[address] = curves.read_block(block)
        return self._blocks[address]

    def _at(self, struct: Any, name: str, index: int, time: float, depth: int) -> Any:
        block, key = self._block(struct.id_data), curves.key_of(struct, name)
        if not block.touches(key):
            return _stored(struct, name, index)
        if depth > _DEPTH:
            raise Unknown(name)
        driver = _of_index(block.drivers.get(key, ()), index)
        if driver is not None:
            written = drivers.value(driver, time, lambda other, path: self._read(other, path, time, depth + 1))
        else:
            written = _played(block, key, index, time)
        return _as_written(struct, name, written)

    def _read(self, block: Any, path: str, time: float, depth: int) -> float:
        """The value that a driver reads by its path."""
        place = curves.resolve(block, path)
        if place is None or not _is_plain(place[0], place[1]):
            raise Unknown(path)
        return float(self._at(*place, time, depth))


def _played(block: curves.Block, key: curves.Key, index: int, time: float) -> float:
    """The value that the action writes, or the highest track of the NLA."""
    data = block.data
    own = _of_index(block.action.get(key, ()), index)
    if not block.tracks or not data.use_nla:
        if own is None:
            raise Unknown("not written")
        return float(own.evaluate(time))
    if data.use_tweak_mode or any(track.is_solo for track, _ in block.tracks):
        raise Unknown("edited")
    if own is not None:
        if data.action_blend_type != "REPLACE" or data.action_influence != 1 or data.action_extrapolation != "HOLD":
            raise Unknown("blended")
        return float(own.evaluate(time))
    for track, strips in reversed(block.tracks):
        if track.mute or not any(key in one.curves for one in strips):
            continue
        found = nla.playing(strips, time)
        curve = _of_index(found[0].curves.get(key, ()), index) if found is not None else None
        if found is not None and curve is not None:
            return float(curve.evaluate(found[1]))
    raise Unknown("not written")


def _of_index(found: Sequence[Any], index: int) -> Any:
    return next((curve for curve in found if curve.array_index == index), None)


def _stored(struct: Any, name: str, index: int) -> Any:
    value = struct.path_resolve(name) if name.startswith("[") else getattr(struct, name)
    return value[index] if hasattr(value, "__len__") and not isinstance(value, str) else value


def _is_plain(struct: Any, name: str) -> bool:
    """Whether a driver reads the stored value, not one that Blender computes from other values."""
    if name.startswith("["):
        return True
    found = struct.bl_rna.properties.get(name)
    if found is None or found.is_readonly or found.type not in _NUMBERS:
        return False
    return found.is_animatable or (struct.id_data.id_type == "SCENE" and name not in _SET_FOR_RENDERS)


_SET_FOR_RENDERS = ("frame_start", "frame_end")
"""A worker renders one frame at a time."""
_NUMBERS = ("BOOLEAN", "INT", "FLOAT")


def _as_written(struct: Any, name: str, value: float) -> Any:
    """A curve's value as Blender stores it in the property."""
    found = None if name.startswith("[") else struct.bl_rna.properties[name]
    if found is None or found.type == "FLOAT":
        return value
    if found.type == "BOOLEAN":
        return value > 1.0 - 1.2e-7
    if found.type == "INT":
        return min(max(int(value), found.hard_min), found.hard_max)
    raise Unknown(name)
