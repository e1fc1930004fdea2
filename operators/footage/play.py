"""Play: shows the frames of a render in Blender's own player, like View Animation for frames of the scene."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ...client.errors import LocalProblem
from ...jobs.process.child_process import NO_WINDOW
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from .. import children, common
from ..jobs.jobs import OnJob
from . import footage


class FARMHAND_OT_play(OnJob, Operator):
    """Play the downloaded frames of the selected job in Blender's animation player"""

    bl_idname = "farmhand.play"
    bl_label = "Play"
    why_not = "No frame of this job was downloaded yet"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.frames_done > 0

    def act(self, context: Context, row: Row) -> None:
        found = footage.footage_of(row, footage.records_of(common.user_home(), row))
        first, command = found.files[found.first], player_command(context, found)
        children.when_known(first, lambda exists: _play(command, first.name, exists))
        self.report({"INFO"}, rpt_("Playing {name}").format(name=row.submission.name))


def _play(command: list[str], first: str, exists: bool) -> None:
    try:
        if not exists:
            raise LocalProblem(rpt_("{file} no longer exists.").format(file=first))
        start_player(command)
    except LocalProblem as problem:
        ui_state.require().refuse(problem)


def player_command(context: Context, found: footage.Footage) -> list[str]:
    """The command for Blender's player, with the frames at the scene's frame rate."""
    render = context.scene.render
    speed = ["-f", str(render.fps), str(render.fps_base)]
    numbers = sorted(found.files)
    step = min((after - before for before, after in pairwise(numbers)), default=1)
    span = ["-s", str(found.first), "-e", str(found.last), "-j", str(step)]
    return [bpy.app.binary_path, "-a", *speed, *span, str(found.files[found.first])]


def start_player(command: list[str]) -> None:
    """Raises LocalProblem if there is no Blender program to start, as in Python's bpy module."""
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=NO_WINDOW,
            cwd=common.user_home().folder,  # so that the project's folder can be renamed meanwhile, even on Windows
        )
    except (OSError, ValueError) as error:
        raise LocalProblem(
            rpt_("Blender's animation player could not be started ({error}).").format(error=error)
        ) from error


CLASSES = (FARMHAND_OT_play,)
