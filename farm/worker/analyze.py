"""Analyzes the open scene: what is rendered if the render config leaves it to the scene, and what is missing."""

from __future__ import annotations

from typing import Any

import bpy

from . import color, compositors, render_engines, splitting
from .cannot_render import CannotRender
from .safety.external_files import Missing, packed_count

_MOST_MISSING = 5000
"""More do not fit into what the farm keeps of an analysis."""


def scene(scene: Any, missing: list[Missing]) -> dict[str, Any]:
    """The analysis. missing: files that do not exist. Raises CannotRender if nothing can be rendered."""
    if scene is None:
        raise CannotRender("no_scene", "The file has no scene. Add one, save and submit the file again.")
    if scene.camera is None and _needs_camera(scene):
        raise CannotRender(
            "no_camera",
            f"The scene “{scene.name}” has no camera, so nothing can be rendered. "
            "Choose one in the scene's properties, save and submit the file again.",
        )
    return {"analysis": {**_analysis(scene), "missingFiles": missing[:_MOST_MISSING]}}


def _analysis(scene: Any) -> dict[str, Any]:
    render = scene.render
    return {
        "blenderVersion": bpy.app.version_string,
        "fileVersion": ".".join(map(str, bpy.data.version)),
        "scenes": [each.name for each in bpy.data.scenes],
        "scene": scene.name,
        "camera": scene.camera.name if scene.camera else None,
        "cameras": [each.name for each in scene.objects if each.type == "CAMERA"],
        "viewLayers": [{"name": layer.name, "use": layer.use} for layer in scene.view_layers],
        "engine": render_engines.common_name(render.engine),
        "frameStart": scene.frame_start,
        "frameEnd": scene.frame_end,
        "frameStep": scene.frame_step,
        "frameCurrent": scene.frame_current,
        "fps": render.fps / render.fps_base,
        "resolution": [render.resolution_x, render.resolution_y],
        "resolutionPercentage": render.resolution_percentage,
        "sampleCount": render_engines.samples(scene),
        "device": scene.cycles.device if render.engine == "CYCLES" else None,
        "outputFormat": render.image_settings.file_format,
        "multiview": bool(render.use_multiview),
        "usesCompositor": compositors.is_used(scene),
        "usesSequencer": splitting.uses_sequencer(scene),
        "wholeBecause": splitting.why_not_but_for_engine(scene),
        "acesViews": color.aces_views(scene),
        "packedFiles": packed_count(),
        "blockedScripts": blocked_scripts(),
    }


def blocked_scripts() -> str | None:
    """What Blender blocked, in its own words; driver expressions that need no Python still run."""
    return bpy.app.autoexec_fail_message if bpy.app.autoexec_fail else None


def _needs_camera(scene: Any) -> bool:
    """Blender needs a camera unless the sequencer or a compositor without render layers makes the picture."""
    return not splitting.uses_sequencer(scene) and not compositors.replaces_render(scene)
