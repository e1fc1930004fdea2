"""New frames and settings for a file that is already uploaded: the service accepts them when the render starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bpy.types import Scene

from ...client import frame_ranges
from ...jobs.folder.job_folder import JobFile
from . import output, path_template, render_config, scene_settings
from .request import SubmitRequest
from .scene_settings import SceneSettings

_GROUP = "outputSettings"
_NOT_COMPARED = ("computeDeviceType",)
"""The scene has other words for it than the contract."""


def changed(job: JobFile, scene: Scene, request: SubmitRequest) -> JobFile:
    """The job with the current settings of the scene and its overrides where they differ from the uploaded file.

    A single image and test frames keep their frames, and all keep their folder.

    Args:
        job: as it was sent.
        scene: the job's, in the open file.
        request: as a click would now create it; its camera and folder are not used.

    Raises:
        LocalProblem: settings that cannot be rendered, or frames that no longer exist.
    """
    folder = path_template.literal(job.output.folder) if request.output else ""
    request = replace(request, camera=job.camera, existing=job.output.existing, output=folder)
    settings = scene_settings.read(scene, request.overrides)
    is_part = len(job.frames) == 1 or bool(job.rest)
    frames = tuple(job.frames) if is_part else render_config.frames(settings, request)
    config = _config(settings, request, job.expected)
    config["frameRanges"] = frame_ranges.ranges(frames)
    place = output.plan(scene, request, config, frames)
    return replace(job, render_config=config, frames=list(frames), output=place)


def _config(settings: SceneSettings, request: SubmitRequest, uploaded: dict[str, Any]) -> dict[str, Any]:
    """The scene's changes since the upload, with the overrides on top."""
    chosen = render_config.chosen(settings, request)
    config = _differences(settings.as_config(), uploaded)
    group = config.get(_GROUP, {}) | chosen.get(_GROUP, {})
    return {**config, **chosen, **({_GROUP: group} if group else {})}


def _differences(now: dict[str, Any], uploaded: dict[str, Any]) -> dict[str, Any]:
    """The settings that differ from the uploaded file; those that are unknown for it are left out."""
    changed: dict[str, Any] = {}
    for name, value in now.items():
        if isinstance(value, dict):
            inner = _differences(value, uploaded.get(name) or {})
            changed |= {name: inner} if inner else {}
        elif name in uploaded and name not in _NOT_COMPARED and value != uploaded[name]:
            changed[name] = value
    return changed
