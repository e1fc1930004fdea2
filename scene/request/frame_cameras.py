"""Through which camera each frame is seen: markers on the timeline switch it."""

from __future__ import annotations

from collections.abc import Iterable

from bpy.types import Object, Scene


def by_camera(scene: Scene, frames: Iterable[int], camera: str = "") -> dict[str, list[int]]:
    """The frames, grouped by the camera that they are rendered with.

    Args:
        frames: in the order that each camera's frames are to have.
        camera: the one for the whole job, or "" for the scene's own cameras.

    Returns:
        Name of the camera, or "" for none → its frames.
    """
    found: dict[str, list[int]] = {}
    for frame in frames:
        found.setdefault(camera or _name(at(scene, frame)), []).append(frame)
    return found


def at(scene: Scene, frame: int) -> Object | None:
    """The camera that Blender renders this frame with."""
    time = int(frame * scene.render.frame_map_old / scene.render.frame_map_new)
    markers = [each for each in scene.timeline_markers if each.camera is not None and not each.camera.hide_render]
    if not markers:
        return scene.camera
    before = [each for each in markers if each.frame <= time]
    # Of several on the same frame, the first one counts; before the first marker, its camera is already used.
    return (
        max(before, key=lambda each: each.frame).camera if before else min(markers, key=lambda each: each.frame).camera
    )


def _name(camera: Object | None) -> str:
    return camera.name if camera is not None else ""
