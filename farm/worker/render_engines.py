"""Render engines: their names by Blender version, and where each keeps its samples."""

from __future__ import annotations

from typing import Any

import bpy

from .cannot_render import CannotRender

EEVEE_NAMES = frozenset({"BLENDER_EEVEE", "BLENDER_EEVEE_NEXT"})


def common_name(engine: str) -> str:
    """One name for EEVEE in every version: 4.2 to 4.5 call it BLENDER_EEVEE_NEXT."""
    return "BLENDER_EEVEE" if engine in EEVEE_NAMES else engine


def choose(scene: Any, engine: str) -> None:
    """Set the engine by its common name. Raises CannotRender if this Blender lacks it."""
    candidates = sorted(EEVEE_NAMES) if engine in EEVEE_NAMES else [engine]
    for candidate in candidates:
        try:
            scene.render.engine = candidate
        except TypeError:
            continue
        return
    raise CannotRender(
        "engine_missing",
        f"The render engine {engine} is not part of this farm's Blender {bpy.app.version_string}. "
        "Choose Cycles, EEVEE or Workbench.",
    )


def samples(scene: Any) -> int | None:
    """Samples of the scene's engine, or None if it has no such setting."""
    if scene.render.engine == "CYCLES":
        return int(scene.cycles.samples)
    if scene.render.engine in EEVEE_NAMES:
        return int(scene.eevee.taa_render_samples)
    return None


def set_samples(scene: Any, count: int) -> bool:
    """Set the samples. Returns whether the engine has such a setting."""
    if scene.render.engine == "CYCLES":
        scene.cycles.samples = count
    elif scene.render.engine in EEVEE_NAMES:
        scene.eevee.taa_render_samples = count
    else:
        return False
    return True
