# SPDX-License-Identifier: GPL-3.0-or-later
"""Show in Browser: a farm's page of a job.  A child process asks for its address, so that Blender never waits."""

from __future__ import annotations

import json
import subprocess

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ..client.errors import LocalProblem
from ..client.message import Message, translated
from ..courier.process import launcher
from ..ui import servers
from ..ui import state as ui_state
from ..ui.job_row import Row
from . import common, watch
from .jobs import OnJob

POLL_SECONDS = 0.1


class FARMHAND_OT_open_page(OnJob, Operator):
    """Open the job's page on its server in a web browser: progress, latest frames, all files"""

    bl_idname = "farmhand.open_page"
    bl_label = "Show in Browser"
    why_not = "Select a job on this computer or a custom server; Renderjuice has its own web page"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return bool(row.submission.job_id) and row.submission.server_url != servers.RENDERJUICE_URL

    def act(self, context: Context, row: Row) -> None:
        reason = servers.needs_network(servers.server_at(context, row.submission.server_url))
        if reason:
            raise LocalProblem(reason)
        child = _ask(context, row.current.id)
        if bpy.app.background:
            child.wait()
            url, problem = _answer(child)
            if problem:
                raise LocalProblem(problem)
            print(url)
            return
        _follow(child)
        self.report({"INFO"}, rpt_("Opening the job's page…"))


def _ask(context: Context, submission_id: str) -> subprocess.Popen[str]:
    home = common.user_home().folder
    child = subprocess.Popen(
        launcher.python_command("courier", "page", "--home", str(home), submission_id),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps({"keys": servers.keys(context)}))
    child.stdin.close()
    return child


def _follow(child: subprocess.Popen[str]) -> None:
    session = ui_state.require()

    def poll() -> float | None:
        if child.poll() is None:
            return POLL_SECONDS
        url, problem = _answer(child)
        if url:
            bpy.ops.wm.url_open(url=url)
        else:
            session.reports.notes.append(("ERROR", translated(problem, rpt_)))
            watch.hasten(bpy.context)
        return None

    bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)


def _answer(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Address, or what is in the way."""
    assert child.stdout is not None
    try:
        with child.stdout:
            answer = json.loads(child.stdout.read())
        return answer.get("url", ""), Message.decoded(answer.get("problem", ""))
    except (ValueError, AttributeError):
        return "", rpt_("The page could not be opened. If this happens again, reinstall Farmhand.")


CLASSES = (FARMHAND_OT_open_page,)
