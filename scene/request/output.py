# SPDX-License-Identifier: GPL-3.0-or-later
"""Where frames will land: the path that Blender's own render would write, with # for the frame number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Scene

from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs.job_folder import Output
from . import formats, path_template
from .request import SubmitRequest

_DIGITS = 6


def plan(scene: Scene, request: SubmitRequest, config: dict[str, Any]) -> Output:
    """The output of this request.  Raises LocalProblem when the scene's output path cannot be used."""
    pattern = _pattern(scene, config.get("outputFormat") or _image_format(scene))
    if request.output:
        folder = Path(path_template.absolute(request.output, scene, request.camera)).absolute()
        pattern = str(folder / Path(pattern).name)
    width, height = _size(scene, config)
    return Output(
        folder=str(Path(pattern).parent), pattern=pattern, existing=request.existing, width=width, height=height
    )


def reserve(request: SubmitRequest, planned: Output) -> None:
    """Make a numbered folder now, so that the next job gets another number.  Raises LocalProblem."""
    if not path_template.is_numbered(request.output):
        return
    try:
        Path(planned.folder).mkdir(parents=True, exist_ok=True)
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


def _pattern(scene: Scene, image_format: str) -> str:
    if scene.render.is_movie_format:
        stem = _without(bpy.path.abspath(scene.render.filepath), formats.MOVIE_EXTENSIONS)
        numbered = stem if "#" in Path(stem).name else stem + "####"
        return str(Path(numbered + formats.EXTENSIONS[image_format]).absolute())
    path = _numbered_by_blender(scene)
    if image_format != scene.render.image_settings.file_format:
        path = _without(path, set(formats.EXTENSIONS.values())) + formats.EXTENSIONS.get(image_format, "")
    return str(Path(path).absolute())


def _numbered_by_blender(scene: Scene) -> str:
    """Blender's own answer for two frames; where they differ is the number."""
    hashes = re.findall("#+", re.split(r"[/\\]", scene.render.filepath)[-1])
    width = len(hashes[-1]) if hashes else 4
    digits = min(width, _DIGITS)
    try:
        ones, twos = (scene.render.frame_path(frame=int(digit * digits)) for digit in "12")
    except RuntimeError as error:
        raise LocalProblem(
            msg("Blender cannot resolve the output path ({reason}).", reason=_one_line(error)),
            "Nothing was sent, because the frames could not be saved.",
            "Correct the path in the Output properties.",
        ) from error
    differing = [place for place, (one, two) in enumerate(zip(ones, twos, strict=True)) if one != two]
    end = differing[-1] + 1
    return ones[: end - width] + "#" * width + ones[end:]


def _size(scene: Scene, config: dict[str, Any]) -> tuple[int, int]:
    """Pixels of a frame; 0, 0 when a border crops it."""
    render = scene.render
    if render.use_border and render.use_crop_to_border:
        return 0, 0
    width, height = config.get("resolution") or (render.resolution_x, render.resolution_y)
    percentage = config.get("resolutionPercentage") or render.resolution_percentage
    return max(1, width * percentage // 100), max(1, height * percentage // 100)


def _without(path: str, extensions: set[str] | frozenset[str]) -> str:
    stem, dot, extension = path.rpartition(".")
    return stem if dot and "." + extension.lower() in extensions else path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).removeprefix("Error:").split())
