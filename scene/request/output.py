"""Where frames will be written: the path that Blender's own render would use, with # for the frame number."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Scene

from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs.folder.job_folder import Output
from . import formats, frame_cameras, output_paths, path_template, project_variables
from .request import SubmitRequest


def plan(scene: Scene, request: SubmitRequest, config: dict[str, Any], frames: Sequence[int]) -> Output:
    """The output of this request: its folder, the pattern of its names, its picture's size.

    Args:
        config: as it will be posted.
        frames: the numbers to render; each is named after the camera that renders it.

    Raises:
        LocalProblem: the scene's output path cannot be used.
    """
    image_format = config.get("outputFormat") or _image_format(scene)
    cameras = frame_cameras.by_camera(scene, frames, request.camera) or {request.camera: []}
    size, fps = _size(scene, config), _fps(scene, config)
    patterns = [
        output_paths.pattern(scene, project_variables.of_render(scene, camera, size, fps), image_format)
        for camera in cameras
    ]
    if request.output:
        folders = path_template.absolute(request.output, scene, list(cameras))
        patterns = [
            str(Path(folder).absolute() / Path(pattern).name) for folder, pattern in zip(folders, patterns, strict=True)
        ]
    grouped: dict[str, list[int]] = {}
    for pattern, numbers in zip(patterns, cameras.values(), strict=True):
        grouped.setdefault(pattern, []).extend(numbers)
    first, *others = grouped
    width, height = (0, 0) if _is_cropped(scene) else size
    return Output(
        folder=str(Path(first).parent),
        pattern=first,
        existing=request.existing,
        width=width,
        height=height,
        others={pattern: sorted(grouped[pattern]) for pattern in others},
        is_exact=not scene.render.use_file_extension and not scene.render.is_movie_format,
    )


def reserve(request: SubmitRequest, planned: Output) -> None:
    """Create a numbered folder now, so that the next job gets another number. Raises LocalProblem."""
    if not path_template.is_numbered(request.output):
        return
    try:
        for pattern in planned.patterns:
            Path(pattern).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalProblem(
            msg(
                "Could not create the output folder {folder} ({reason}).", folder=planned.folder, reason=error.strerror
            ),
            "Nothing was sent, because the frames could not be saved.",
            "Choose another folder in the Output panel.",
        ) from error


def needs_saved_file(scene: Scene, request: SubmitRequest) -> bool:
    """Whether the output path is relative to a file that was never saved."""
    return (request.output or scene.render.filepath).startswith("//") and not bpy.data.filepath


def _image_format(scene: Scene) -> str:
    kind = scene.render.image_settings.file_format
    return formats.INSTEAD_OF_A_MOVIE if kind in formats.MOVIES else kind


def _size(scene: Scene, config: dict[str, Any]) -> tuple[int, int]:
    """The size of a frame in pixels, before a border crops it."""
    render = scene.render
    width, height = config.get("resolution") or (render.resolution_x, render.resolution_y)
    percentage = config.get("resolutionPercentage") or render.resolution_percentage
    return max(1, width * percentage // 100), max(1, height * percentage // 100)


def _is_cropped(scene: Scene) -> bool:
    return bool(scene.render.use_border and scene.render.use_crop_to_border)


def _fps(scene: Scene, config: dict[str, Any]) -> float:
    """The frame rate as Blender stores it: an integer and a single-precision divisor."""
    fps = config.get("fps")
    if not fps:
        return scene.render.fps / scene.render.fps_base
    whole = max(1, round(fps))
    (base,) = struct.unpack("f", struct.pack("f", whole / fps))
    return whole / float(base)
