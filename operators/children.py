"""Child processes that query something, so that Blender never waits: a timer checks whether one has answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from ..courier.process.ask_server import Child as Child
from ..ui import state as ui_state
from . import common, small_programs, watch

POLL_SECONDS = 0.1


def when_known(path: Path, then: Callable[[bool], None]) -> None:
    """Call `then` with whether this file exists. If the drive hangs, only the child waits, not Blender."""
    when_ended(small_programs.start(small_programs.IS_FILE, path), lambda ended: then(ended.returncode == 0))


def when_ended(child: Child, then: Callable[[Child], None]) -> None:
    """Call `then` once the child has ended; a background Blender has no timers, so it waits here."""
    if bpy.app.background:
        child.wait()
        then(child)
        return
    session = ui_state.require()

    def poll() -> float | None:
        if child.poll() is None:
            return POLL_SECONDS
        try:
            if ui_state.current() is session:  # else Farmhand was disabled meanwhile
                then(child)
        except Exception as error:  # a timer that raises prints a traceback that no user sees
            session.refuse(common.in_words(error))
        watch.hasten(bpy.context)
        return None

    bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)
