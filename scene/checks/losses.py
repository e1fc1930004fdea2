# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender lost while it opened the file, in its own words.  Only a background Blender can be listened to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...jobs.blender_log import COLOR, ENGINE, Loss
from .context import CheckContext
from .findings import ERROR, WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """Each loss; a missing render engine would be replaced by EEVEE, so it is an error."""
    yield from of(context.losses, context.scene.name, context.config)


def of(losses: Iterable[Loss], scene: str, config: dict[str, Any]) -> Iterator[Finding]:
    """The same for a file that is open elsewhere.  scene: the one to render.  config: as it will be posted."""
    for loss in losses:
        if loss.kind == ENGINE:
            yield from _engine(loss, scene, config)
        elif loss.kind == COLOR:
            yield Finding(
                WARNING,
                "color_replaced",
                f"Blender does not know a color setting of the file and replaced it: {loss.text} The colors will be "
                "others. It may come from the OpenColorIO config of a studio: set OCIO to it, or choose another one.",
                scene,
            )
        else:
            yield Finding(
                WARNING,
                "blender_reports",
                f"When it opened the file, Blender reported: {loss.text}",
                scene,
            )


def _engine(loss: Loss, scene: str, config: dict[str, Any]) -> Iterator[Finding]:
    if loss.scene == scene and "renderEngine" in config:  # another one is asked for
        return
    yield Finding(
        ERROR if loss.scene == scene else WARNING,
        "engine_missing",
        f"The render engine {loss.name} of the scene {loss.scene} is an add-on's that is not enabled here: Blender "
        "would render it with EEVEE. Choose Cycles, EEVEE or Workbench.",
        loss.scene,
    )
