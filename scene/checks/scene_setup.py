"""Camera, engine, format, layers: whether the scene can be rendered at all, and by a farm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Scene

from ...client.message import msg
from ..request import formats
from ..scan import compositors, usage
from ..scan.animated.animation import Animation
from .context import CheckContext
from .findings import ERROR, INFO, WARNING, Finding, Fix

_SHAPES = frozenset(
    {"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME", "GPENCIL", "GREASEPENCIL"}
)


def find(context: CheckContext) -> Iterator[Finding]:
    """First the errors that leave nothing to render."""
    yield from _camera(context)
    yield from _layers(context)
    yield from _engine(context)
    yield from _format(context)


def _camera(context: CheckContext) -> Iterator[Finding]:
    wanted = context.request.camera
    if wanted:
        thing: Any = bpy.data.objects.get(wanted)
        if thing is None:
            yield Finding(
                ERROR, "camera_unknown", msg("Camera “{name}” not found. Choose another one.", name=wanted), wanted
            )
        elif thing.type != "CAMERA":
            yield Finding(
                ERROR, "camera_unknown", msg("“{name}” is not a camera. Choose a camera.", name=wanted), wanted
            )
        elif not thing.users_scene and not thing.users_collection:  # only our own setting keeps it in the file
            yield Finding(
                WARNING,
                "camera_deleted",
                msg(
                    "The camera “{name}” was deleted from the scene, but it is still selected for this render and "
                    "would be used. Choose another one.",
                    name=wanted,
                ),
                wanted,
            )
        return
    if not can_be_seen(context.scene, context.animation):
        yield Finding(
            ERROR,
            "no_camera",
            "The scene has no active camera. Add a camera, or set an existing one as active.",
            context.scene.name,
            # If there are several, only the artist knows which.
            (Fix("farmhand.use_camera"),) if _cameras(context.scene) == 1 else (),
        )


def can_be_seen(scene: Scene, animation: Animation) -> bool:
    """Whether the scene has a camera of its own or of a marker, or is rendered by its sequencer."""
    return (
        scene.camera is not None or _marker_cameras(scene, animation) or bool(usage.renders_sequencer(scene, animation))
    )


def _marker_cameras(scene: Scene, animation: Animation) -> bool:
    """Whether a marker's camera is not hidden: a render starts with the nearest such camera."""
    cameras = [marker.camera for marker in scene.timeline_markers if marker.camera is not None]
    return any(animation.is_off(camera, "hide_render") for camera in cameras)


def _cameras(scene: Scene) -> int:
    return sum(thing.type == "CAMERA" for thing in scene.objects)


def _layers(context: CheckContext) -> Iterator[Finding]:
    wanted = context.request.view_layer
    if wanted and wanted not in context.scene.view_layers:
        yield Finding(ERROR, "view_layer_unknown", msg("View layer “{name}” not found.", name=wanted), wanted)
    elif (
        not wanted
        and not any(context.animation.is_on(layer, "use") for layer in context.scene.view_layers)
        and not usage.renders_sequencer(context.scene, context.animation)
    ):
        yield Finding(
            ERROR,
            "nothing_to_render",
            "No view layer is enabled for rendering. Turn on “Use for Rendering” for at least one.",
            context.scene.name,
        )
    elif not _shows_something(context):
        yield Finding(
            WARNING,
            "nothing_to_render",
            "The scene has no renderable objects, so only the background will be visible.",
            context.scene.name,
        )


def _shows_something(context: CheckContext) -> bool:
    """Whether there is an object with a shape, or a compositor or sequencer, which make pictures themselves."""
    if usage.renders_sequencer(context.scene, context.animation) or compositors.of_render(
        context.scene, context.animation
    ):
        return True
    return any(block.id_type == "OBJECT" and block.type in _SHAPES for block in context.used)


def _engine(context: CheckContext) -> Iterator[Finding]:
    engine = formats.portable_engine(context.config.get("renderEngine", context.settings.render_engine))
    if engine not in {row.identifier for row in formats.ENGINES} and not context.request.runs_scripts:
        yield Finding(
            ERROR,
            "engine_not_served",
            msg(
                "The render engine {engine} is provided by an add-on, which render services do not support. "
                "Choose Cycles, EEVEE or Workbench.",
                engine=engine,
            ),
            context.scene.name,
        )


def _format(context: CheckContext) -> Iterator[Finding]:
    if context.settings.output_format in formats.MOVIES:
        yield Finding(
            WARNING,
            "movie_output",
            msg(
                "The scene is set to write a movie file. Frames are rendered individually, so you receive an "
                "image sequence ({format}) instead and can create the movie from it.",
                format=context.config["outputFormat"],
            ),
            context.scene.name,
            (Fix("farmhand.write_images"),),
        )
    elif context.config.get("outputFormat", context.settings.output_format) not in formats.BY_IDENTIFIER:
        yield Finding(
            ERROR,
            "format_not_served",
            msg(
                "The file format {format} is not supported. Choose another one.", format=context.settings.output_format
            ),
            context.scene.name,
        )
    if context.animation.is_on(context.scene.render, "use_multiview"):
        yield Finding(
            INFO,
            "stereo",
            "The scene renders multiple views: you receive each frame once per view.",
            context.scene.name,
        )
