# SPDX-License-Identifier: GPL-3.0-or-later
"""Python inside the .blend: a farm opens files with scripts disabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ..scan import usage
from .context import CheckContext
from .findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """Drivers and texts that would need to run."""
    if context.request.runs_scripts:
        return
    drivers = [usage.words(block) for block in context.used if any(_is_script(one) for one in _drivers(block))]
    if drivers:
        named = ", ".join(drivers[:3]) + (" and others" if len(drivers) > 3 else "")
        yield Finding(
            WARNING,
            "driver_needs_script",
            f"Drivers of {named} run Python, which a farm does not do. Use driver variables and "
            "simple expressions, or bake the animation.",
            drivers[0],
        )
    texts = [text.name for text in bpy.data.texts if text.use_module]
    if texts:
        yield Finding(
            WARNING,
            "script_at_start",
            f"The text {', '.join(texts)} is registered to run when the file is opened, which a farm does not do.",
            texts[0],
        )


def _drivers(block: Any) -> Iterator[Any]:
    for owner in (block, getattr(block, "node_tree", None), getattr(block, "shape_keys", None)):
        animation = getattr(owner, "animation_data", None)
        if animation is not None:
            yield from (curve.driver for curve in animation.drivers)


def _is_script(driver: Any) -> bool:
    """Simple expressions are computed without Python; Blender knows which."""
    return driver.type == "SCRIPTED" and not driver.is_simple_expression
