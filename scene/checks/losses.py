"""What Blender lost while it opened the file, from its own output, which only a background Blender gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...client.message import msg
from ...jobs.process.blender_log import COLOR, ENGINE, OTHER, Loss
from .context import CheckContext
from .findings import ERROR, WARNING, Finding, some


def find(context: CheckContext) -> Iterator[Finding]:
    """Each loss; a missing render engine would be replaced by EEVEE, so it is an error."""
    losses = [loss for loss in context.losses if loss.kind != ENGINE or not context.request.runs_scripts]
    yield from findings(losses, context.scene.name, context.config)


def findings(losses: Sequence[Loss], scene: str, config: dict[str, Any]) -> Iterator[Finding]:
    """What Blender lost when it opened the file, as findings; also for a file that another Blender has open.

    Args:
        losses: as Blender reported them.
        scene: the one to render.
        config: as it will be posted; it can name an engine that replaces a lost one.
    """
    for loss in losses:
        if loss.kind == ENGINE:
            yield from _engine(loss, scene, config)
        elif loss.kind == COLOR:
            yield Finding(
                WARNING,
                "color_replaced",
                msg(
                    "Blender replaced an unknown color setting of the file: {report} Colors will be different. If the "
                    "setting belongs to a custom OpenColorIO config, set OCIO to it; otherwise choose another setting.",
                    report=loss.text,
                ),
                scene,
            )
    others = [loss.text for loss in losses if loss.kind == OTHER]
    if others:  # a modifier in error may be in a hundred objects
        report = msg("Blender reported while opening the file: {report}", report=some(others))
        yield Finding(WARNING, "blender_reports", report, scene)


def _engine(loss: Loss, scene: str, config: dict[str, Any]) -> Iterator[Finding]:
    if loss.scene == scene and "renderEngine" in config:  # another one is requested
        return
    finding = Finding(
        ERROR,
        "engine_missing",
        msg(
            "The render engine {engine} of the scene {scene} is provided by an add-on that is not enabled, so Blender "
            "would use EEVEE. Choose Cycles, EEVEE or Workbench.",
            engine=loss.name,
            scene=loss.scene,
        ),
        loss.scene,
    )
    yield finding if loss.scene == scene else replace(finding, severity=WARNING)
