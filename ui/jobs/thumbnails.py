"""Thumbnails of the latest frames. Blender loads each file itself, in a background job, when it is first drawn."""

from __future__ import annotations

import time

import bpy.utils.previews

from .. import state as ui_state
from ..session import Session
from .job_row import Row

MOST = 40
PER_TURN = 2


class RowPreviews:
    """A preview for each frame file that a line of the list shows."""

    def __init__(self) -> None:
        self._previews = bpy.utils.previews.new()

    def follow(self, session: Session) -> bool:
        """Request the next missing pictures. Returns whether what is in view changed."""
        found, has_newer = 0, False
        for listed in session.listed.ids[:MOST]:
            row = session.snapshot.by_id.get(listed)
            if row is None or not row.picture:
                continue
            if self._take(session, row.picture, _version(row)):
                found += 1
                if found == PER_TURN:
                    break
            has_newer |= session.thumbnails.show_newer(row.submission.id, row.picture, time.monotonic())
        return bool(found) or has_newer

    def close(self) -> None:
        """Free the memory."""
        bpy.utils.previews.remove(self._previews)

    def _take(self, session: Session, path: str, version: int) -> bool:
        """Request a picture without accessing its file here, which may be on a network drive that does not respond."""
        icons = session.thumbnails.icons
        if path in icons and icons[path][1] >= version:
            return False
        if len(self._previews) > 2 * MOST:
            self._previews.clear()
            icons.clear()
            session.thumbnails.shown.clear()
            session.thumbnails.coming.clear()
        key = f"{path} {version}"
        preview = self._previews[key] if key in self._previews else self._previews.load(key, path, "IMAGE")
        icons[path] = preview.icon_id, version
        return True


def _version(row: Row) -> int:
    """Increases when the file with this name may have been replaced, as when frames are rendered again."""
    if not row.submission.latest_frame:  # the service's own picture never changes
        return 0
    return sum(1 + one.frames_done for one in row.parts)


def add() -> None:
    """Create the collection and pass it to the session, which closes it."""
    session = ui_state.current()
    if session is not None:
        session.thumbnails.loader = RowPreviews()
