"""The MatCap or studio light that Workbench renders with, if the artist installed it in their own preferences."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ...client.message import msg
from .context import CheckContext
from .findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """Where it is not installed, Blender silently renders with another one."""
    engine = context.config.get("renderEngine", context.settings.render_engine)
    shading = context.scene.display.shading
    if engine != "BLENDER_WORKBENCH" or not context.animation.may_be(shading, "light", "MATCAP", "STUDIO"):
        return
    for light in bpy.context.preferences.studio_lights:
        if not light.is_user_defined or light.type == "WORLD":
            continue
        if not context.animation.may_be(shading, "studio_light", light.name):
            continue
        yield Finding(
            WARNING,
            "light_not_sent",
            msg(
                "The Workbench light {name} is installed on this computer only, so a farm uses Blender's default "
                "light. Choose one that comes with Blender.",
                name=light.name,
            ),
            context.scene.name,
        )
