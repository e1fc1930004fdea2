"""Builds a SubmitRequest from the scene and the panel; nothing else does."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Scene

from ...client import frame_ranges
from ...client.errors import LocalProblem
from ...client.message import Message
from ...scene.request import path_template
from ...scene.request.request import SubmitRequest
from ..servers import servers
from . import overrides


def build(context: Context, what: str, scene: Scene | None = None) -> SubmitRequest:
    """The request of a button, for the scene in view or another. Raises LocalProblem."""
    scene = scene or context.scene
    ours = scene.farmhand
    return SubmitRequest(
        scene=scene.name,
        server_url=servers.server(context, ours.server).url,
        name=job_name(scene, what),
        camera=ours.camera.name if ours.camera else "",
        view_layer=ours.view_layer,
        frames=frames_text(frame_numbers(scene, what)),
        rest=_rest(scene) if what == "TEST" else "",
        overrides=overrides.as_config(ours),
        output=folder_template(scene),
        existing=ours.existing,
        ask_mode=ours.ask_mode.lower(),
        leave_out=tuple(one.name for one in ours.left_out),
        color_management_preset=ours.color_management_preset,
        allow_add_ons=context.window_manager.farmhand.allow_add_ons,
        pack_color_config=ours.pack_color_config,
    )


EDIT_OF = "farmhand_scene"
"""On a scene that Farmhand made to edit frames in: the scene that they are of."""


def is_for_editing(scene: Scene) -> bool:
    """Whether Farmhand made this scene to edit frames in."""
    return scene.get(EDIT_OF) is not None


def own_scenes() -> list[Scene]:
    """The artist's scenes."""
    return [scene for scene in bpy.data.scenes if not is_for_editing(scene)]


def job_name(scene: Scene, what: str) -> str:
    """The job's name in lists."""
    if scene.farmhand.job_name.strip():
        stem = [scene.farmhand.job_name.strip()]
    else:
        stem = [bpy.path.display_name_from_filepath(bpy.data.filepath) or iface_("Untitled")]
        stem += [scene.name] if len(own_scenes()) > 1 else []
    if what == "FRAME":
        stem.append(iface_("frame {number}").format(number=scene.frame_current))
    return " · ".join(stem)


def frame_numbers(scene: Scene, what: str) -> Sequence[int]:
    """The frame numbers that a button renders. Raises LocalProblem."""
    if what == "FRAME":
        return (scene.frame_current,)
    numbers = _range(scene)
    return test_frames(numbers) if what == "TEST" else numbers


def frames_text(numbers: Sequence[int]) -> str:
    """Frame numbers in the contract's form."""
    if isinstance(numbers, range) and numbers.step == 1 and len(numbers) > 1:
        return f"{numbers[0]}-{numbers[-1]}"
    return _joined_ranges(tuple(numbers)) if isinstance(numbers, range) else _cached_ranges(numbers)


def test_frames(numbers: Sequence[int]) -> Sequence[int]:
    """First, middle and last of these frames."""
    return () if not numbers else tuple(sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}))


def frames_problem(scene: Scene) -> str:
    """The problem with the typed frames, or ""."""
    try:
        _range(scene)
    except LocalProblem as problem:
        return problem.what
    return ""


def folder_template(scene: Scene) -> str:
    """The output folder with unfilled fields, or "" for where Blender itself would write."""
    ours = scene.farmhand
    return {"FOLDER": path_template.literal(ours.output_folder), "JOB": ours.job_folder}.get(ours.output_place, "")


@functools.lru_cache(maxsize=16)
def parsed_frames(text: str) -> tuple[int, ...]:
    """Frames of a typed text, cached because every redraw needs them. Raises ValueError."""
    return frame_ranges.parse(text)


def _range(scene: Scene) -> Sequence[int]:
    if not scene.farmhand.use_frames:
        return range(scene.frame_start, scene.frame_end + 1, scene.frame_step)
    try:
        return parsed_frames(scene.farmhand.frames)
    except ValueError as error:
        raise LocalProblem(
            Message.from_error(error), iface_("Nothing was sent."), iface_("Correct the frames in the Farmhand panel.")
        ) from error


def _rest(scene: Scene) -> str:
    numbers = _range(scene)
    return _joined_ranges(tuple(set(numbers) - set(test_frames(numbers))))


def _joined_ranges(numbers: tuple[int, ...]) -> str:
    return ", ".join(frame_ranges.ranges(numbers))


_last: list[tuple[Sequence[int], str]] = []


def _cached_ranges(numbers: Sequence[int]) -> str:
    """The text of the last tuple, found by identity: hashing a hundred thousand numbers takes as long as the text."""
    if not (_last and _last[0][0] is numbers):
        _last[:] = [(numbers, _joined_ranges(tuple(numbers)))]
    return _last[0][1]
