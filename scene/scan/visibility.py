# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects and collections a render shows by themselves; others may still be used by these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import animation

_ACT_UNSEEN = frozenset({"COLLISION", "DYNAMIC_PAINT", "FLUID"})


def members(owner: Any) -> Iterator[Any]:
    """What of a scene or a collection is rendered."""
    collection = owner.collection if owner.id_type == "SCENE" else owner
    yield from (child for child in collection.children if not child.hide_render)
    yield from (thing for thing in collection.objects if _counts(thing))


def cameras(scene: Any) -> list[Any]:
    """The scene's camera and those of its markers; a hidden one looks as well."""
    named = [scene.camera, *(marker.camera for marker in scene.timeline_markers)]
    return [camera for camera in named if camera is not None]


def _counts(thing: Any) -> bool:
    """Whether an object may leave a trace in the picture."""
    return not thing.hide_render or _moves_others(thing) or "hide_render" in animation.paths(thing)


def _moves_others(thing: Any) -> bool:
    """Physics: what pushes, paints or pours is mostly hidden."""
    field = thing.field
    return (field is not None and field.type != "NONE") or any(each.type in _ACT_UNSEEN for each in thing.modifiers)
