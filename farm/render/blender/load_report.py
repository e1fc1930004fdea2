"""What a Blender lost while it opened a job's file, according to its output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....client import plain_text
from ....jobs.process import blender_log
from ..backend import WorkFailed

LOG_BYTES = 1024 * 1024
_MOST = 20
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class LoadReport:
    """notices: sentences for the artist. missing_engine: the one of the scene that is rendered, or ""."""

    notices: tuple[str, ...] = ()
    missing_engine: str = ""

    def demand_engine(self, config: Mapping[str, Any]) -> None:
        """Refuse a missing engine, which Blender replaces by EEVEE. Raises WorkFailed."""
        if self.missing_engine and "renderEngine" not in config:
            raise WorkFailed(
                f"The render engine {self.missing_engine} is not part of this farm's Blender, which would render the "
                "scene with EEVEE. Choose Cycles, EEVEE or Workbench.",
                "engine_missing",
                is_final=True,
            )


def read(log: str, scene: str) -> LoadReport:
    """scene: the one that is rendered."""
    losses = blender_log.losses(log)
    missing = [loss.name for loss in losses if loss.kind == blender_log.ENGINE and loss.scene == scene]
    notices = [
        f"When the farm opened the file, Blender reported: {plain_text.tidy(loss.text, _LONGEST)}"
        for loss in losses[:_MOST]
    ]
    more = [f"Blender reported {len(losses) - _MOST} more."] if len(losses) > _MOST else []
    return LoadReport((*notices, *more), plain_text.tidy(missing[0], _LONGEST) if missing else "")
