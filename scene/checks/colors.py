"""The OpenColorIO config that the scene uses here: a farm has Blender's own."""

from __future__ import annotations

from collections.abc import Iterator

from ...client.message import msg
from ..scan import color_config
from .context import CheckContext
from .findings import INFO, WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """A warning for a config that is not Blender's own, unless it is packed."""
    if color_config.is_fallback():
        yield Finding(
            WARNING,
            "color_config_fallback",
            msg(
                "Blender could not load an OpenColorIO config here, so colors look different from the farm's, which "
                "uses Blender's default config. Check the OCIO environment variable, or reinstall Blender."
            ),
            "",
        )
        return
    config = color_config.in_use()
    if not config:
        return
    if context.request.pack_color_config and color_config.can_be_packed(config):
        yield Finding(
            INFO,
            "color_config_packed",
            msg(
                "The OpenColorIO config {config} is packed with its lookup tables. Farmhand's own farms use it; other "
                "services use Blender's default config.",
                config=config,
            ),
            config,
        )
        return
    advice = (
        msg("To use it on your own farm, turn on Pack Color Config.")
        if color_config.can_be_packed(config)
        else msg("This config cannot be packed.")
    )
    yield Finding(
        WARNING,
        "color_config",
        msg(
            "The scene uses the OpenColorIO config {config} instead of Blender's default, so a farm without it renders "
            "different colors. {advice} Otherwise set up the scene with Blender's default config.",
            config=config,
            advice=advice,
        ),
        config,
    )
