# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenColorIO config that the scene is seen with here: a farm has Blender's own."""

from __future__ import annotations

from collections.abc import Iterator

from ..scan import color_config
from .context import CheckContext
from .findings import INFO, WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """A warning names a config that is not Blender's own, unless it is packed."""
    config = color_config.in_use()
    if not config:
        return
    if context.request.pack_color_config and color_config.can_be_packed(config):
        yield Finding(
            INFO,
            "color_config_packed",
            f"The OpenColorIO config {config} is packed with its tables. Farmhand's own farms render with it; another "
            "service renders with Blender's own colors.",
            config,
        )
        return
    advice = (
        "Pack it for a farm of your own (Pack Color Config)"
        if color_config.can_be_packed(config)
        else "It cannot be packed"
    )
    yield Finding(
        WARNING,
        "color_config",
        f"Colors come from the OpenColorIO config {config}, not from Blender's own: a farm without it renders other "
        f"colors. {advice}, or set the scene up with Blender's own config.",
        config,
    )
