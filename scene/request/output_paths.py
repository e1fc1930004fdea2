"""The path that Blender's own render would write a frame to, with # for the frame number.

Blender gives the path only for the open scene (`frame_path`). A job may have another camera, size, frame rate or
format: its path is computed here in the same way, and used if this way gives Blender's own path for the open
scene.
"""

from __future__ import annotations

import re
from pathlib import Path

import bpy
from bpy.types import Scene

from ...client.errors import LocalProblem
from ...client.message import msg
from . import formats, path_variables, project_variables
from .path_variables import UnknownVariable, Value

_DIGITS = 6


def pattern(scene: Scene, known: dict[str, Value], image_format: str) -> str:
    """An absolute path with one run of # for the number.

    Args:
        known: the path's variables, with the job's values.
        image_format: Blender's identifier, such as OPEN_EXR.

    Raises:
        LocalProblem: Blender cannot use the path.
    """
    render = scene.render
    try:
        made = _made(scene, known, image_format)
    except UnknownVariable:
        made = ""
    if render.is_movie_format:
        return _absolute(made or _refused(scene))
    if not made or not _is_blenders_way(scene):
        made = _with_extension(scene, _numbered_by_blender(scene), image_format)
    return _absolute(made)


def _made(scene: Scene, known: dict[str, Value], image_format: str) -> str:
    path = scene.render.filepath
    path = bpy.path.abspath(path_variables.fill(path, known) if path_variables.are_known() else path)
    if scene.render.is_movie_format:
        path = _without(path, formats.MOVIE_EXTENSIONS)
    folder, name = re.fullmatch(r"(?s)(.*[/\\])?(.*)", path).groups(default="")
    hashes = list(re.finditer("#+", name))
    name = name if hashes else name + "####"
    return _with_extension(scene, folder + name, image_format)


def _with_extension(scene: Scene, path: str, image_format: str) -> str:
    render = scene.render
    if not render.use_file_extension and not render.is_movie_format:
        return path
    is_own = image_format == render.image_settings.file_format
    wanted = render.file_extension if is_own else formats.extension(image_format)
    present = Path(path).suffix.lower()
    if present and present in {wanted} | formats.other_extensions(image_format):
        return path
    return _without(path, formats.IMAGE_EXTENSIONS) + wanted


def _is_blenders_way(scene: Scene) -> bool:
    """Whether our path for the open scene equals Blender's own; True if Blender gives none."""
    render = scene.render
    size = (
        render.resolution_x * render.resolution_percentage // 100,
        render.resolution_y * render.resolution_percentage // 100,
    )
    camera = scene.camera.name if scene.camera else ""
    known = project_variables.of_render(scene, camera, size, render.fps / render.fps_base)
    try:
        theirs = render.frame_path(frame=1)
        ours = _made(scene, known, render.image_settings.file_format)
    except (RuntimeError, UnknownVariable):
        return True
    run = list(re.finditer("#+", ours))[-1]
    return ours[: run.start()] + "1".zfill(len(run[0])) + ours[run.end() :] == theirs


def _numbered_by_blender(scene: Scene) -> str:
    """Blender's own path for two frames: the number is where they differ."""
    hashes = re.findall("#+", re.split(r"[/\\]", re.sub(r"\{[^{}]*\}", "", scene.render.filepath))[-1])
    width = len(hashes[-1]) if hashes else 4
    digits = min(width, _DIGITS)
    try:
        ones, twos = (scene.render.frame_path(frame=int(digit * digits)) for digit in "12")
    except RuntimeError as error:
        raise _unusable(_one_line(error)) from error
    differing = [place for place, (one, two) in enumerate(zip(ones, twos, strict=True)) if one != two]
    end = differing[-1] + 1
    return ones[: end - width] + "#" * width + ones[end:]


def _refused(scene: Scene) -> str:
    """Why a movie's path cannot be used, in Blender's words. Raises LocalProblem."""
    try:
        scene.render.frame_path()
    except RuntimeError as error:
        raise _unusable(_one_line(error)) from error
    raise _unusable(scene.render.filepath)


def _unusable(reason: str) -> LocalProblem:
    return LocalProblem(
        msg("Blender cannot resolve the output path ({reason}).", reason=reason),
        "Nothing was sent, because the frames could not be saved.",
        "Correct the path in the Output properties.",
    )


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


def _without(path: str, extensions: frozenset[str]) -> str:
    stem, dot, extension = path.rpartition(".")
    return stem if dot and "." + extension.lower() in extensions else path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).removeprefix("Error:").split())
