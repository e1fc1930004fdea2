"""Python inside the .blend: a farm opens files with scripts disabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ...client.message import msg
from ..scan import usage
from .context import CheckContext
from .findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """Drivers, texts and style modules that would need to run."""
    if context.request.runs_scripts:
        return
    drivers = [usage.words(block) for block in context.used if any(_is_script(one) for one in _drivers(block))]
    if drivers:
        named: str = ", ".join(drivers[:3])
        if len(drivers) > 3:
            named = msg("{owner} and others", owner=named)
        yield Finding(
            WARNING,
            "driver_needs_script",
            msg(
                "Drivers of {owners} run Python, which render farms do not allow. Use driver variables and simple "
                "expressions, or bake the animation.",
                owners=named,
            ),
            drivers[0],
        )
    texts = [text.name for text in bpy.data.texts if text.use_module]
    if texts:
        yield Finding(
            WARNING,
            "script_at_start",
            msg(
                "The text {texts} is registered to run when the file is opened, which render farms do not allow.",
                texts=", ".join(texts),
            ),
            texts[0],
        )
    yield from _style_modules(context)


def _style_modules(context: CheckContext) -> Iterator[Finding]:
    """4.5.15, 5.2.3 and 5.3 run them only if scripts may run, earlier ones always: the server's version decides."""
    names = [text.name for text in usage.style_modules(context.scene, context.animation)]
    if names:
        yield Finding(
            WARNING,
            "style_module",
            msg(
                "The Freestyle style module {texts} is Python, which newer Blenders do not run on render farms. Use "
                "line sets (the Parameter Editor mode) instead.",
                texts=", ".join(names),
            ),
            names[0],
        )


def _drivers(block: Any) -> Iterator[Any]:
    for owner in (block, getattr(block, "node_tree", None), getattr(block, "shape_keys", None)):
        animation = getattr(owner, "animation_data", None)
        if animation is not None:
            yield from (curve.driver for curve in animation.drivers if not curve.mute)


def _is_script(driver: Any) -> bool:
    """Simple expressions are computed without Python; Blender knows which."""
    return driver.type == "SCRIPTED" and not driver.is_simple_expression
