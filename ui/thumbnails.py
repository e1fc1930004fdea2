# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of the latest frames.  Blender reads the files itself, in a job of its own, when one is drawn first."""

from __future__ import annotations

from pathlib import Path

import bpy.utils.previews

from . import state as ui_state

MOST = 40
PER_TURN = 2


class Pictures:
    """A preview for each frame file that a line of the list shows."""

    def __init__(self) -> None:
        self._previews = bpy.utils.previews.new()

    def follow(self, current: ui_state.Live) -> bool:
        """Ask for the next pictures that are wanted and not there.  Says whether any was."""
        found = 0
        for listed in current.listed[:MOST]:
            row = current.snapshot.by_id.get(listed)
            if row is None or not row.submission.latest_frame:
                continue
            if self._take(current, row.submission.latest_frame, row.submission.updated):
                found += 1
                if found == PER_TURN:
                    break
        return bool(found)

    def close(self) -> None:
        """Give the memory back."""
        bpy.utils.previews.remove(self._previews)

    def _take(self, current: ui_state.Live, path: str, updated: float) -> bool:
        known = current.thumbnails.get(path)
        if known is not None and known.updated >= updated:
            return False
        if not Path(path).is_file():  # not asked again: its drive may be a network's that is slow to say no
            current.thumbnails[path] = ui_state.Thumbnail(0, updated)
            return False
        if len(self._previews) > 2 * MOST:
            self._previews.clear()
            current.thumbnails.clear()
        key = f"{path} {updated}"
        icon = self._previews.load(key, path, "IMAGE").icon_id if key not in self._previews else 0
        current.thumbnails[path] = ui_state.Thumbnail(icon, updated)
        return True


def add() -> None:
    """Make the collection and hand it to the holder, which closes it."""
    current = ui_state.current()
    if current is not None:
        current.pictures = Pictures()
