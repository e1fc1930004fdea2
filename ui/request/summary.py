"""The line that says what a button renders, made from the same request that it submits."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Scene

from ...client.errors import LocalProblem
from ...scene.request import formats, path_template, render_config
from ...scene.request import scene_settings as scene_settings
from ...scene.request.request import SubmitRequest
from . import overrides
from .render_request import build, folder_template, frame_numbers


def count_text(count: int) -> str:
    """A number of frames, as text."""
    return iface_("1 frame") if count == 1 else iface_("{count} frames").format(count=f"{count:,}")


def summary(context: Context, what: str = "ANIMATION") -> str:
    """One line: what will be rendered, how, and where it goes."""
    try:
        count = count_text(len(frame_numbers(context.scene, what)))
        image = _image_text(_effective(context.scene, build(context, what)))
    except LocalProblem as problem:
        return problem.what
    return f"{count}, {image}  →  {output_text(context.scene)}"


def image_text(scene: Scene) -> str:
    """Size, engine and format of a frame of the scene."""
    return _image_text(_effective(scene, SubmitRequest(overrides=overrides.as_config(scene.farmhand))))


def size_text(scene: Scene) -> str:
    """Width and height of a frame, in pixels."""
    return _size(_effective(scene, SubmitRequest(overrides=overrides.as_config(scene.farmhand))))


def output_text(scene: Scene) -> str:
    """Where frames go, as the user wrote it, with the fields of a folder's name filled in."""
    if scene.farmhand.output_place == "BLENDER":
        return scene.render.filepath
    camera = scene.farmhand.camera
    try:
        return path_template.shown(folder_template(scene), scene, camera.name if camera else "")
    except LocalProblem as problem:
        return problem.what


def _effective(scene: Scene, request: SubmitRequest) -> dict[str, Any]:
    """The effective settings: the scene's own, overridden by the request's."""
    settings = scene_settings.read(scene, request.overrides)
    return settings.as_config() | render_config.chosen(settings, request)


def _image_text(config: dict[str, Any]) -> str:
    return ", ".join((_size(config), _engine(config), formats.shown_name(config.get("outputFormat", ""))))


def _size(config: dict[str, Any]) -> str:
    width, height = (each * config.get("resolutionPercentage", 100) // 100 for each in config["resolution"])
    return f"{width} × {height}"


def _engine(config: dict[str, Any]) -> str:
    engine = formats.shown_name(config.get("renderEngine", ""))
    if config.get("renderEngine") != "CYCLES" or not config.get("sampleCount"):
        return engine
    if config["sampleCount"] == 1:
        return iface_("{engine} 1 sample").format(engine=engine)
    return iface_("{engine} {count} samples").format(engine=engine, count=config["sampleCount"])
