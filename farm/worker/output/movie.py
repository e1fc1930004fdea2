"""Makes a preview movie of finished frames: H.264 in an MP4, at the job's frame rate."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import bpy

from ..cannot_render import CannotRender
from .output_names import literal

LONGEST_SIDE = 1920
_NO_H264 = "This farm's Blender cannot write H.264."
_NO_ENCODER = "initializing video stream"
"""In what Blender says when FFmpeg was built without the encoder."""
_SCENE_LINEAR = frozenset({".exr", ".hdr"})
"""What these files hold is seen through the scene's view transform; others hold what is seen."""


def make(folder: str, target: str, fps: float, view: dict[str, Any]) -> dict[str, Any]:
    """Write the movie. Returns its frames, fps, width and height.

    Args:
        folder: contains only the frames, whose names are in order.
        target: the file to write, an MP4.
        fps: frames per second, may be fractional.
        view: viewTransform, look, exposure and gamma of the job's scene.

    Raises:
        CannotRender: this Blender cannot read the frames, or cannot write H.264.
    """
    frames = [str(path) for path in sorted(Path(folder).iterdir())]
    width, height = _size(frames[0])
    factor = min(1.0, LONGEST_SIDE / max(width, height))
    scene = bpy.data.scenes.new("Movie")
    render: Any = scene.render
    render.resolution_x, render.resolution_y = _even(width * factor), _even(height * factor)
    render.resolution_percentage = 100
    render.fps = max(1, round(fps))
    render.fps_base = render.fps / fps
    scene.frame_start, scene.frame_end = 1, len(frames)
    render.use_sequencer = True
    render.filepath = literal(target)
    _see(scene, view if Path(frames[0]).suffix.lower() in _SCENE_LINEAR else {"viewTransform": "Standard"})
    _write_h264(render)
    _add_strip(scene, frames, factor)
    _render(scene)
    if not Path(target).is_file() or not Path(target).stat().st_size:
        raise CannotRender("no_movie", "Blender wrote no movie; its log says why.")
    return {
        "frames": len(frames),
        "fps": render.fps / render.fps_base,
        "width": render.resolution_x,
        "height": render.resolution_y,
    }


def _render(scene: Any) -> None:
    try:
        bpy.ops.render.render(animation=True, scene=scene.name)
    except RuntimeError as error:
        if _NO_ENCODER in str(error):
            raise CannotRender("no_codec", _NO_H264) from error
        raise


def _size(first: str) -> tuple[int, int]:
    try:
        image = bpy.data.images.load(first)
        width, height = image.size
    except RuntimeError:
        width = height = 0
    if not width or not height:
        raise CannotRender("unreadable_frames", f"This farm's Blender cannot read {Path(first).suffix} files back.")
    bpy.data.images.remove(image)
    return width, height


def _even(side: float) -> int:
    """Rounds to an even number: H.264 stores colors for blocks of two by two pixels."""
    return max(4, round(side) // 2 * 2)


def _see(scene: Any, view: dict[str, Any]) -> None:
    settings = scene.view_settings
    values = {"view_transform": "viewTransform", "look": "look", "exposure": "exposure", "gamma": "gamma"}
    for attribute, name in values.items():
        if view.get(name) is not None:
            with contextlib.suppress(TypeError):  # another color configuration than the job's
                setattr(settings, attribute, view[name])


def _write_h264(render: Any) -> None:
    image = render.image_settings
    try:
        if hasattr(image, "media_type"):  # 5.0
            image.media_type = "VIDEO"
        image.file_format = "FFMPEG"
        render.ffmpeg.format = "MPEG4"
        render.ffmpeg.codec = "H264"
    except TypeError as error:
        raise CannotRender("no_codec", _NO_H264) from error
    image.color_mode = "RGB"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.audio_codec = "NONE"


def _add_strip(scene: Any, frames: list[str], factor: float) -> None:
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image(name="Frames", filepath=frames[0], channel=1, frame_start=1, fit_method="ORIGINAL")
    for each in frames[1:]:
        strip.elements.append(Path(each).name)
    strip.transform.scale_x = strip.transform.scale_y = factor
