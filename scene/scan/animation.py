# SPDX-License-Identifier: GPL-3.0-or-later
"""Which properties of a data-block change over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def paths(block: Any) -> Iterator[str]:
    """The data paths that drivers and actions of the data-block and of its nodes write to."""
    for owner in (block, getattr(block, "node_tree", None)):
        animation = getattr(owner, "animation_data", None)
        if animation is not None:
            yield from (driver.data_path for driver in animation.drivers)
            for action in _actions(animation):
                yield from (curve.data_path for curve in _curves(action))


def _actions(animation: Any) -> Iterator[Any]:
    layered = (strip.action for track in animation.nla_tracks for strip in track.strips)
    yield from (action for action in (animation.action, *layered) if action is not None)


def _curves(action: Any) -> Iterator[Any]:
    # 5.0 keeps curves in layers alone.
    yield from action.fcurves if hasattr(action, "fcurves") else ()
    for layer in getattr(action, "layers", ()):
        for strip in layer.strips:
            for bag in getattr(strip, "channelbags", ()):
                yield from bag.fcurves
