# SPDX-License-Identifier: GPL-3.0-or-later
"""What every operator needs: the user folder, a call to the courier, the live holder, errors that become words."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context

from ..client.errors import LocalProblem
from ..courier.process import launcher
from ..jobs.journal import Journal
from ..jobs.submission import Request
from ..ui import preferences
from ..ui import state as ui_state
from ..ui.guard import Guarded as Guarded
from ..ui.guard import NoTraceback as NoTraceback
from ..ui.guard import report_error as report_error
from ..ui.guard import unexpected as unexpected
from ..ui.preferences import user_home as user_home
from ..ui.translate import translated

ROOT_PACKAGE = __package__.rpartition(".")[0]
WRITE_SECONDS = 1.0


def wake_courier(context: Context) -> None:
    """See to it that a courier is at work.  Returns at once."""
    launcher.ensure_courier(user_home(), preferences.keys(context))


def ask(context: Context, submission_id: str, request: Request) -> None:
    """Leave a request in the journal and wake the courier.  Raises FarmhandError."""
    with Journal(user_home().journal, busy_seconds=WRITE_SECONDS) as journal:
        journal.ask(submission_id, request)
    wake_courier(context)


def no_address(server: preferences.Server) -> str:
    """Why there is no address to send anything to, or ""."""
    if server.problem:
        return translated(server.problem, rpt_)
    return "" if server.url else iface_("Enter your server's address in the preferences")


def needs_network(server: preferences.Server) -> str:
    """Why this server cannot be reached with Blender's present settings, or ""."""
    if server.is_loopback or bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return rpt_("Blender was started in offline mode, and {name} needs the network").format(name=server.name)
    return rpt_("Allow Online Access in Preferences > System to use {name}").format(name=server.name)


def demand_network(context: Context, server_url: str) -> None:
    """Raises LocalProblem when the server of a job cannot be reached with Blender's present settings."""
    if reason := needs_network(preferences.server_at(context, server_url)):
        raise LocalProblem(reason, rpt_("Nothing was sent."))


def open_folder(path: Path) -> None:
    """Show a folder, or the nearest one above that exists, in the system's file browser."""
    while not path.is_dir() and path != path.parent:
        path = path.parent
    bpy.ops.wm.path_open(filepath=str(path))


def holder() -> ui_state.Live:
    """The live holder; there is one whenever an operator can run."""
    current = ui_state.current()
    if current is None:
        raise LocalProblem(rpt_("Farmhand is not enabled."), "", rpt_("Enable it in Preferences > Add-ons."))
    return current
