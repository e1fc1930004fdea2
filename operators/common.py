# SPDX-License-Identifier: GPL-3.0-or-later
"""What every operator needs: the user folder, a call to the courier, errors that become reports."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from .. import live, preferences
from ..client.errors import FarmhandError, LocalProblem
from ..courier import launcher
from ..courier.journal import Journal
from ..courier.submission import Request
from ..preferences import user_home as user_home
from ..sentences import translated

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


def needs_network(server: preferences.Server) -> str:
    """Why this server cannot be reached with Blender's present settings, or ""."""
    if server.is_loopback or bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return rpt_("Blender was started in offline mode, and {name} needs the network").format(name=server.name)
    return rpt_("Allow Online Access in Preferences > System to use {name}").format(name=server.name)


class Guarded:
    """An operator that does its work in `run`: whatever is raised there becomes a report, never a traceback."""

    def execute(self, context: Context) -> set[str]:
        try:
            return self.run(context) or {"FINISHED"}
        except Exception as error:
            return report_error(self, error)


def report_error(operator: Operator | Guarded, error: Exception) -> set[str]:
    """Say what went wrong in words."""
    if not isinstance(error, FarmhandError):
        error = unexpected(error)
    operator.report({"ERROR"}, translated(str(error), rpt_))
    return {"CANCELLED"}


def unexpected(error: Exception) -> FarmhandError:
    """Words for an error that nobody foresaw."""
    return LocalProblem(
        rpt_("Something in Farmhand went wrong that was not foreseen ({error}).").format(
            error=f"{type(error).__name__}: {error}"
        ),
        rpt_("Renders that run already go on."),
        rpt_("Try again; if it stays so, use Copy Report in the job list and send it to the authors."),
    )


def open_folder(path: Path) -> None:
    """Show a folder, or the nearest one above that exists, in the system's file browser."""
    while not path.is_dir() and path != path.parent:
        path = path.parent
    bpy.ops.wm.path_open(filepath=str(path))


def holder() -> live.Live:
    """The live holder; there is one whenever an operator can run."""
    current = live.current()
    if current is None:
        raise LocalProblem(rpt_("Farmhand is not enabled."), "", rpt_("Enable it in Preferences > Add-ons."))
    return current
