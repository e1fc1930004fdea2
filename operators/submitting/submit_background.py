# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering from a background Blender: the same steps as with a window, waited for, progress printed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bpy.app.translations import pgettext_rpt as rpt_

from ...client.errors import LocalProblem
from ...client.message import msg
from ...courier.process import launcher
from ...courier.process.follow import STANDING
from ...courier.servers import local_farm
from ...jobs import submit
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import State, Submission
from ...jobs.user_folder import UserFolder
from ...scene import this_blender
from ...scene.dry_run import DryRun
from ...scene.packing import package
from ...scene.request.request import SubmitRequest

POLL_SECONDS = 0.1
ENSURE_SECONDS = 3.0


def render(home: UserFolder, request: SubmitRequest, checked: DryRun | None, keys: Mapping[str, str]) -> Submission:
    """Pack, hand over and wait until the submission is over, or needs the user.

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
    """Why a submission is not done: what happened, and what can be done."""
    if one.problem is not None:
        return (one.problem.message,)
    if one.state is State.WAITING and one.note:
        return one.note, msg("To continue, run: farmhand start {id}", id=one.id[:8])
    return (rpt_("The render was canceled."),)


def _watch(home: UserFolder, submission_id: str, keys: Mapping[str, str]) -> Submission:
    """Print what changes; see to it that a courier is at work, whatever happens to the first one."""
    shown = ""
    ensure_at = 0.0
    with Journal(home.journal) as journal:
        while True:
            if time.monotonic() >= ensure_at:
                journal.check_place()
                launcher.ensure_courier(home, keys)
                ensure_at = time.monotonic() + ENSURE_SECONDS
            one = journal.submission(submission_id)
            if one is None:
                raise LocalProblem(rpt_("The submission was removed."))
            line = f"Farmhand: {one.stage.value} {one.frames_done}/{one.frames_total} {one.note}".rstrip()
            if line != shown:
                shown = line
                print(line, flush=True)
            if one.is_over or one.state in STANDING:
                return one
            time.sleep(POLL_SECONDS)
