# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of the latest frames. Blender reads the files itself, in a job of its own, when one is drawn first."""

from __future__ import annotations

import time
from pathlib import Path

import bpy.utils.previews

from .. import state as ui_state
from ..session import Session

MOST = 40
PER_TURN = 2


class Pictures:
    """A preview for each frame file that a line of the list shows."""

    def __init__(self) -> None:
        self._previews = bpy.utils.previews.new()

    def follow(self, session: Session) -> bool:
        """Ask for the next pictures that are wanted and not there. Says whether what is in view changed."""
        found, has_newer = 0, False
        for listed in session.listed.ids[:MOST]:
            row = session.snapshot.by_id.get(listed)
            if row is None or not row.picture:
                continue
            is_frame = bool(row.submission.latest_frame)  # the service's own picture never changes
            if self._take(session, row.picture, row.submission.updated if is_frame else row.submission.created):
                found += 1
                if found == PER_TURN:
                    break
            has_newer |= session.thumbnails.show_newer(row.submission.id, row.picture, time.monotonic())
        return bool(found) or has_newer

    def close(self) -> None:
        """Give the memory back."""
        bpy.utils.previews.remove(self._previews)

    def _take(self, session: Session, path: str, updated: float) -> bool:
        icons = session.thumbnails.icons
        if path in icons and icons[path][1] >= updated:
            return False
        try:
            written = Path(path).stat().st_mtime_ns
        except OSError:  # not asked again: its drive may be a network's that is slow to say no
            icons[path] = (0, updated)
            return False
        if len(self._previews) > 2 * MOST:
            self._previews.clear()
            icons.clear()
            session.thumbnails.shown.clear()
            session.thumbnails.coming.clear()
        key = f"{path} {written}"
        is_new = key not in self._previews  # not each change of the record is one of the file
        icons[path] = ((self._previews.load(key, path, "IMAGE") if is_new else self._previews[key]).icon_id, updated)
        return is_new


def add() -> None:
    """Make the collection and hand it to the session, which closes it."""
    session = ui_state.current()
    if session is not None:
        session.thumbnails.loader = Pictures()
