"""Show in Browser: opens a farm's page of a job. A child process requests its URL, so that Blender never waits."""

from __future__ import annotations

import json

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ...client.errors import LocalProblem
from ...client.message import Message, translated
from ...courier.process import ask_server, launcher
from ...jobs.server_address import RENDERJUICE
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from ...ui.servers import servers
from .. import children, common
from .jobs import OnJob


class FARMHAND_OT_open_page(OnJob, Operator):
    """Open the job's page on its server in a web browser: progress, latest frames, all files"""

    bl_idname = "farmhand.open_page"
    bl_label = "Show in Browser"
    why_not = "Select a job on this computer or a custom server; Renderjuice has its own web page"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return bool(row.submission.job_id) and row.submission.server_url != RENDERJUICE

    def act(self, context: Context, row: Row) -> None:
        reason = servers.needs_network(servers.server_at(context, row.submission.server_url))
        if reason:
            raise LocalProblem(reason)
        home = common.user_home().folder
        command = launcher.python_command("courier", "page", "--home", str(home), row.current.id)
        child = ask_server.start(command, json.dumps({"keys": servers.keys(context)}))
        children.when_ended(child, _open)
        if not bpy.app.background:
            self.report({"INFO"}, rpt_("Opening the job's page…"))


def _open(child: children.Child) -> None:
    url, problem = _answer(child)
    if bpy.app.background:
        if problem:
            raise LocalProblem(problem)
        print(url)
    elif url:
        bpy.ops.wm.url_open(url=url)
    else:
        ui_state.require().reports.notes.append(("ERROR", translated(problem, rpt_)))


def _answer(child: children.Child) -> tuple[str, str]:
    """The URL, or the problem."""
    try:
        answer = json.loads(ask_server.said(child))
        return answer.get("url", ""), Message.decoded(answer.get("problem", ""))
    except (ValueError, AttributeError):
        return "", rpt_("The page could not be opened. If this happens again, reinstall Farmhand.")


CLASSES = (FARMHAND_OT_open_page,)
