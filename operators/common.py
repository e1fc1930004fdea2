"""What every operator needs: the user folder, a call to the courier, errors that become words."""

from __future__ import annotations

from pathlib import Path

from bpy.types import Context

from ..courier.process import launcher
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import Request
from ..ui.guard import Explained as Explained
from ..ui.guard import Guarded as Guarded
from ..ui.guard import NoTraceback as NoTraceback
from ..ui.guard import in_words as in_words
from ..ui.guard import report_error as report_error
from ..ui.preferences import user_home as user_home
from ..ui.servers import servers

WRITE_SECONDS = 1.0


def wake_courier(context: Context) -> None:
    """See to it that a courier is at work. Returns at once."""
    launcher.ensure_courier(user_home(), servers.keys(context))


def ask(context: Context, submission_id: str, request: Request) -> None:
    """Leave a request in the journal and wake the courier. Raises FarmhandError."""
    with Journal(user_home().journal, busy_seconds=WRITE_SECONDS) as journal:
        journal.ask(submission_id, request)
    wake_courier(context)


def open_folder(path: Path) -> None:
    """Show a folder, or the nearest one above that exists, in the system's file browser, where it has one.

    Callers report the folder's path as well. Raises LocalProblem.
    """
    launcher.show_folder(user_home(), path)
