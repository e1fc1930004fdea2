"""A job that the service has checked and that waits to be started, as it is drawn. Does not use bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...client import frame_ranges
from ...jobs.folder.job_folder import JobFile
from ...jobs.folder.service_report import NOTHING, ServiceReport
from ..choices import shown_value
from .overrides import OVERRIDES, scene_value

COLOR_LABEL = "Color Management"


@dataclass(frozen=True, slots=True)
class CheckedJob:
    """frames: those that will be rendered. settings: what differs from the file, as label (English) and value."""

    report: ServiceReport = NOTHING
    frames: str = ""
    settings: tuple[tuple[str, str], ...] = ()


def checked_job(job: JobFile, report: ServiceReport) -> CheckedJob:
    """The data to show."""
    return CheckedJob(report, ", ".join(frame_ranges.ranges(job.frames)), tuple(_settings(job.render_config)))


def _settings(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [(one.label, _text(value)) for one in OVERRIDES if (value := scene_value(config, one)) is not None]
    preset = config.get("colorManagementPreset", "default")
    return found if preset == "default" else [*found, (COLOR_LABEL, str(preset).upper())]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " × ".join(map(str, value))
    return ("On" if value else "Off") if isinstance(value, bool) else shown_value(str(value))
