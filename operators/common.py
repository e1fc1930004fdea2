"""What every operator needs: the user folder, waking the courier, errors as text."""

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
    """Start a courier unless one is running. Returns at once."""
    launcher.ensure_courier(user_home(), servers.keys(context))


def ask(context: Context, submission_id: str, request: Request) -> None:
    """Write a request to the journal and wake the courier. Raises FarmhandError."""
    with Journal(user_home().journal, busy_seconds=WRITE_SECONDS) as journal:
        journal.ask(submission_id, request)
    wake_courier(context)


def open_folder(path: Path) -> None:
    """Show a folder, or its nearest existing parent, in the system's file browser, if there is one.

    Callers report the folder's path too. Raises LocalProblem.
    """
    launcher.show_folder(user_home(), path)
