# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the scene and the panel say to a SubmitRequest, and to the one line that tells what it renders."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Scene

from ..client import frame_ranges
from ..client.errors import LocalProblem
from ..scene.request import path_template
from ..scene.request import scene_settings as scene_settings
from ..scene.request.request import SubmitRequest
from . import overrides, servers

_FORMATS = {"OPEN_EXR": "OpenEXR", "OPEN_EXR_MULTILAYER": "OpenEXR MultiLayer"}
_ENGINES = {
    "CYCLES": "Cycles",
    "BLENDER_EEVEE": "EEVEE",
    "BLENDER_EEVEE_NEXT": "EEVEE",
    "BLENDER_WORKBENCH": "Workbench",
}


def shown_name(value: str) -> str:
    """How Blender's menus call an engine or a format."""
    return _ENGINES.get(value) or _FORMATS.get(value) or value


def server(context: Context) -> servers.Server:
    """Where this scene's jobs go."""
    return servers.server(context, context.scene.farmhand.server)


def build(context: Context, what: str, scene: Scene | None = None) -> SubmitRequest:
    """The request that the buttons stand for, for the scene in view or another.  Raises LocalProblem."""
    scene = scene or context.scene
    ours = scene.farmhand
    return SubmitRequest(
        scene=scene.name,
        server_url=servers.server(context, scene.farmhand.server).url,
        name=name(scene, what),
        camera=ours.camera.name if ours.camera else "",
        view_layer=ours.view_layer,
        frames=frames_text(scene, what),
        rest=_ranges(set(frames(scene)) - set(scout(frames(scene)))) if what == "SCOUT" else "",
        overrides=overrides.as_config(ours),
        output=_folder(scene),
        existing=ours.existing,
        leave_out=tuple(one.name for one in ours.left_out),
        color_management_preset=ours.color_management_preset,
    )


def name(scene: Scene, what: str) -> str:
    """What the job is called in lists."""
    stem = bpy.path.display_name_from_filepath(bpy.data.filepath) or iface_("Untitled")
    parts = [stem] + ([scene.name] if len(bpy.data.scenes) > 1 else [])
    if what == "FRAME":
        parts.append(iface_("frame {number}").format(number=scene.frame_current))
    return " · ".join(parts) + (scout_suffix() if what == "SCOUT" else "")


def scout_suffix() -> str:
    """What a scout's name ends with."""
    return f" · {iface_('scout')}"


def frames_text(scene: Scene, what: str) -> str:
    """The frames in the contract's form.  Raises LocalProblem."""
    if what == "FRAME":
        return str(scene.frame_current)
    numbers = frames(scene)
    if what == "SCOUT":
        numbers = scout(numbers)
    return _ranges(numbers)


def _ranges(numbers: Collection[int]) -> str:
    return ", ".join(frame_ranges.ranges(numbers))


def frames(scene: Scene) -> Sequence[int]:
    """The frame numbers that the animation button renders.  Raises LocalProblem."""
    if not scene.farmhand.use_frames:
        return range(scene.frame_start, scene.frame_end + 1, scene.frame_step)
    try:
        return _parsed(scene.farmhand.frames)
    except ValueError as error:
        raise LocalProblem(
            str(error), iface_("Nothing was sent."), iface_("Correct the frames in the Farmhand panel.")
        ) from error


@functools.lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[int, ...]:
    """Every redraw asks for the same again."""
    return frame_ranges.parse(text)


def scout(numbers: Sequence[int]) -> Sequence[int]:
    """First, middle and last of these frames."""
    return () if not numbers else tuple(sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}))


def count_text(count: int) -> str:
    """So many frames, in words."""
    return iface_("1 frame") if count == 1 else iface_("{count} frames").format(count=f"{count:,}")


def problem(scene: Scene) -> str:
    """What is wrong with the frames that were typed, or ""."""
    try:
        frames(scene)
    except LocalProblem as problem:
        return problem.what
    return ""


def summary(context: Context, what: str = "ANIMATION") -> str:
    """One line: what will be rendered, how, and where it goes."""
    try:
        return f"{rendered(context, what)}  →  {output_text(context.scene)}"
    except LocalProblem as problem:
        return problem.what


def rendered(context: Context, what: str = "ANIMATION") -> str:
    """What will be rendered, and how.  Raises LocalProblem."""
    scene = context.scene
    numbers: Sequence[int] = (scene.frame_current,) if what == "FRAME" else frames(scene)
    if what == "SCOUT":
        numbers = scout(numbers)
    config = scene_settings.read(scene).as_config() | overrides.as_config(scene.farmhand)
    file_format = config.get("outputFormat", "")
    parts = (count_text(len(numbers)), _size(config), _engine(config), _FORMATS.get(file_format, file_format))
    return ", ".join(parts)


def output_text(scene: Scene) -> str:
    """Where frames go, as the user wrote it, with the fields of a folder's name filled in."""
    ours = scene.farmhand
    if ours.output_place == "BLENDER":
        return scene.render.filepath
    try:
        return path_template.shown(_folder(scene), scene, ours.camera.name if ours.camera else "")
    except LocalProblem as problem:
        return problem.what


def output_template(scene: Scene) -> str:
    """Where frames go, with the fields of a folder's name as they stand: the time would be another with each look."""
    return scene.render.filepath if scene.farmhand.output_place == "BLENDER" else _folder(scene)


def _folder(scene: Scene) -> str:
    """The folder with its fields, or "" for where Blender itself would write."""
    ours = scene.farmhand
    return {"FOLDER": path_template.literal(ours.output_folder), "JOB": ours.job_folder}.get(ours.output_place, "")


def size_text(scene: Scene) -> str:
    """Width and height of a frame, in pixels."""
    return _size(scene_settings.read(scene).as_config() | overrides.as_config(scene.farmhand))


def _size(config: dict[str, Any]) -> str:
    scale = config.get("resolutionPercentage", 100) / 100
    width, height = config["resolution"]
    return f"{int(width * scale)} × {int(height * scale)}"


def _engine(config: dict[str, Any]) -> str:
    engine = _ENGINES.get(config.get("renderEngine", ""), config.get("renderEngine", ""))
    if config.get("renderEngine") != "CYCLES" or not config.get("sampleCount"):
        return engine
    if config["sampleCount"] == 1:
        return iface_("{engine} 1 sample").format(engine=engine)
    return iface_("{engine} {count} samples").format(engine=engine, count=config["sampleCount"])
