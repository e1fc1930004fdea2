"""Which objects and collections a render shows directly; others may still be used by these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .animated.animation import Animation

_ACT_UNSEEN = frozenset({"COLLISION", "DYNAMIC_PAINT", "FLUID"})


def members(owner: Any, animation: Animation) -> Iterator[Any]:
    """The members of a scene or a collection that are rendered."""
    collection = owner.collection if owner.id_type == "SCENE" else owner
    yield from (child for child in collection.children if not child.hide_render)
    yield from (thing for thing in collection.objects if _counts(thing, animation))


def all_members(collection: Any) -> Iterator[Any]:
    """All members, which other readers of the collection get: hidden objects and collections too."""
    yield from collection.children
    yield from collection.objects


def cameras(scene: Any) -> list[Any]:
    """The scene's camera and those of its markers; even a hidden one renders."""
    named = [scene.camera, *(marker.camera for marker in scene.timeline_markers)]
    return [camera for camera in named if camera is not None]


def _counts(thing: Any, animation: Animation) -> bool:
    """Whether an object may leave a trace in the picture."""
    return animation.is_off(thing, "hide_render") or _moves_others(thing, animation)


def _moves_others(thing: Any, animation: Animation) -> bool:
    """Whether its physics affects others: such objects are often hidden."""
    field = thing.field
    return (
        (field is not None and (field.type != "NONE" or animation.touches(field, "type")))
        or thing.rigid_body is not None
        or any(each.type in _ACT_UNSEEN for each in thing.modifiers)
    )
