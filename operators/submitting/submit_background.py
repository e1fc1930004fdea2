"""Rendering from a background Blender: the same steps as with a window, waited for, progress printed."""

from __future__ import annotations

from collections.abc import Mapping

from bpy.app.translations import pgettext_rpt as rpt_

from ...client.message import msg
from ...courier.process import launcher
from ...courier.process.follow import follow
from ...courier.servers import local_farm
from ...jobs import submit
from ...jobs.journal.submission import State, Submission
from ...jobs.user_folder import UserFolder
from ...scene import this_blender
from ...scene.dry_run import DryRun
from ...scene.packing import package
from ...scene.request.request import SubmitRequest


def render(home: UserFolder, request: SubmitRequest, checked: DryRun | None, keys: Mapping[str, str]) -> Submission:
    """Pack, pass the job to the courier, and wait until it is over or needs the user.

    Args:
        checked: as for `package.start`.
        keys: server URL → key.

    Raises:
        LocalProblem: the file cannot be packed, or the user folder cannot be used.
    """
    packing = package.start(request, home.jobs, checked)
    launcher.ensure_courier(home, keys)
    command = this_blender.blender_command()
    local_farm.warm_up(home, request.server_url, command, allow_add_ons=request.runs_scripts)
    packing.wait()
    if packing.problem:
        raise packing.problem
    submission = submit.enqueue(home, packing.folder)
    return _watch(home, submission.id, keys)


def reason(one: Submission) -> tuple[str, ...]:
    """Why a submission is not done: what happened, and what to do."""
    if one.problem is not None:
        return (one.problem.message,)
    if one.state is State.WAITING and one.note:
        return one.note, msg("To continue, run: farmhand start {id}", id=one.id[:8])
    return (rpt_("The render was canceled."),)


def _watch(home: UserFolder, submission_id: str, keys: Mapping[str, str]) -> Submission:
    """Print what changes."""
    shown = ""
    launcher.ensure_courier(home, keys)
    for one in follow(home, submission_id, keys):
        line = f"Farmhand: {one.stage.value} {one.frames_done}/{one.frames_total} {one.note}".rstrip()
        if line != shown:
            shown = line
            print(line, flush=True)
    return one
