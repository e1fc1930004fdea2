"""Converts the user's overrides to requestedRenderConfig: settings of the file itself are not sent."""

from __future__ import annotations

from typing import Any

from ...client import frame_ranges
from ...client.errors import LocalProblem
from ...client.message import Message
from . import formats
from .request import SubmitRequest
from .scene_settings import SceneSettings


def build(settings: SceneSettings, request: SubmitRequest) -> dict[str, Any]:
    """The config as it will be posted. Raises LocalProblem if the frames cannot be parsed.

    A movie becomes an image sequence here: a farm renders frames on many machines, and a movie cannot be split.
    """
    config = chosen(settings, request)
    first, last, step = settings.frames
    if request.frames:
        config["frameRanges"] = frame_ranges.ranges(frames(settings, request))
    elif step != 1 and last >= first:
        config["frameRanges"] = frame_ranges.ranges(range(first, last + 1, step))
    return config


def chosen(settings: SceneSettings, request: SubmitRequest) -> dict[str, Any]:
    """The config without the frames: what differs from the scene."""
    config: dict[str, Any] = {"colorManagementPreset": request.color_management_preset}
    config.update({key: value for key, value in request.overrides.items() if value is not None})
    if settings.output_format in formats.MOVIES:
        config.setdefault("outputFormat", formats.INSTEAD_OF_A_MOVIE)
    return config


def frames(settings: SceneSettings, request: SubmitRequest) -> tuple[int, ...]:
    """The frame numbers that will be rendered; empty if the scene's range is empty. Raises LocalProblem."""
    first, last, step = settings.frames
    if not request.frames:
        return tuple(range(first, last + 1, step))
    try:
        return frame_ranges.parse(request.frames)
    except ValueError as error:
        raise LocalProblem(Message.from_error(error), "Nothing was sent.", "Correct the frames.") from error
