"""Lets a process die as in a power cut, at a moment that the test chooses: before a step that another process can see.

Such a moment is the begin or the end of a write to SQLite, a file that is about to get its name or to go, and a
connection that is about to be made. The code under test knows nothing of it.
"""

from __future__ import annotations

import functools
import itertools
import sqlite3
import sys
from typing import Any

from processes import die

_EVENTS = frozenset({"os.rename", "os.remove", "socket.connect"})


def die_at(moment: int) -> None:
    """Kill this process when it comes to its nth moment, counted from 1."""
    count = itertools.count(1)

    def pass_moment() -> None:
        if next(count) == moment:
            die()

    class MortalConnection(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if sql.startswith(("BEGIN", "COMMIT")):
                pass_moment()
            return super().execute(sql, *arguments)

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS:
            pass_moment()

    sqlite3.connect = functools.partial(sqlite3.connect, factory=MortalConnection)  # type: ignore[assignment]
    sys.addaudithook(on_event)
