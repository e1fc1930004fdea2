# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera, engine, format, layers: whether the scene can be rendered at all, and by a farm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Scene

from ..request import formats
from ..request.scene_settings import portable_engine
from ..scan import usage
from .context import CheckContext
from .findings import ERROR, INFO, WARNING, Finding, Fix

_SHAPES = frozenset(
    {"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME", "GPENCIL", "GREASEPENCIL"}
)


def find(context: CheckContext) -> Iterator[Finding]:
    """Errors first that leave nothing to render."""
    yield from _camera(context)
    yield from _layers(context)
    yield from _engine(context)
    yield from _format(context)


def _camera(context: CheckContext) -> Iterator[Finding]:
    wanted = context.request.camera
    if wanted:
        thing: Any = bpy.data.objects.get(wanted)
        if thing is None:
            yield Finding(ERROR, "camera_unknown", f"There is no camera called “{wanted}”. Choose another one.", wanted)
        elif thing.type != "CAMERA":
            yield Finding(ERROR, "camera_unknown", f"“{wanted}” is no camera. Choose one.", wanted)
        return
    if (
        context.scene.camera is None
        and not _marker_cameras(context)
        and not usage.renders_sequencer(context.scene, context.animation)
    ):
        yield Finding(
            ERROR,
            "no_camera",
            "The scene has no camera, so there is nothing to look through. Add one, or make one the active camera.",
            context.scene.name,
            # With several, only the artist knows which.
            (Fix("farmhand.use_camera"),) if _cameras(context.scene) == 1 else (),
        )


def _marker_cameras(context: CheckContext) -> bool:
    """A render starts with the camera of a marker, whichever is the nearest, but for one that is hidden."""
    cameras = [marker.camera for marker in context.scene.timeline_markers if marker.camera is not None]
    return any(context.animation.is_off(camera, "hide_render") for camera in cameras)


def _cameras(scene: Scene) -> int:
    return sum(thing.type == "CAMERA" for thing in scene.objects)


def _layers(context: CheckContext) -> Iterator[Finding]:
    wanted = context.request.view_layer
    if wanted and wanted not in context.scene.view_layers:
        yield Finding(ERROR, "view_layer_unknown", f"There is no view layer called “{wanted}”.", wanted)
    elif (
        not wanted
        and not any(context.animation.is_on(layer, "use") for layer in context.scene.view_layers)
        and not usage.renders_sequencer(context.scene, context.animation)
    ):
        yield Finding(
            ERROR,
            "nothing_to_render",
            "No view layer is set to be rendered. Switch on “Use for Rendering” for at least one.",
            context.scene.name,
        )
    elif not _shows_something(context):
        yield Finding(
            WARNING,
            "nothing_to_render",
            "Nothing but the background would be in the picture: the scene has no object that is rendered.",
            context.scene.name,
        )


def _shows_something(context: CheckContext) -> bool:
    """An object with a shape, or the compositor or the sequencer, which make pictures of their own."""
    if (
        usage.renders_sequencer(context.scene, context.animation)
        or usage.compositor_tree(context.scene, context.animation) is not None
    ):
        return True
    return any(block.id_type == "OBJECT" and block.type in _SHAPES for block in context.used)


def _engine(context: CheckContext) -> Iterator[Finding]:
    engine = portable_engine(context.config.get("renderEngine", context.settings.render_engine))
    if engine not in formats.SERVED_ENGINES:
        yield Finding(
            ERROR,
            "engine_not_served",
            f"The render engine {engine} is an add-on's and not known to render services. "
            "Choose Cycles, EEVEE or Workbench.",
            context.scene.name,
        )


def _format(context: CheckContext) -> Iterator[Finding]:
    if context.settings.output_format in formats.MOVIES:
        yield Finding(
            WARNING,
            "movie_output",
            "The scene writes one movie file. Frames are rendered one by one on many machines, so an image sequence "
            f"({context.config['outputFormat']}) comes back instead; make the movie from it afterwards.",
            context.scene.name,
            (Fix("farmhand.write_images"),),
        )
    elif context.config.get("outputFormat", context.settings.output_format) not in formats.EXTENSIONS:
        yield Finding(
            ERROR,
            "format_not_served",
            f"Images of the format {context.settings.output_format} cannot be brought back. "
            "Choose another file format.",
            context.scene.name,
        )
    if context.animation.is_on(context.scene.render, "use_multiview"):
        yield Finding(
            INFO,
            "stereo",
            "The scene renders more than one view: every frame comes back once per view.",
            context.scene.name,
        )
