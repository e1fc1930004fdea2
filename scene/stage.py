# SPDX-License-Identifier: GPL-3.0-or-later
"""A place in the job folder that looks like the user's own folders, where the saved copy finds its libraries.

The copy keeps the paths of the user's file.  It is opened at the same path as that file, but below this stage, where
the linked .blend files stand as links (or copies, where the system makes no links).  Knows no bpy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path


class Stage:
    """blend: the user's file, or "" when it was never saved."""

    def __init__(self, root: Path, blend: str) -> None:
        self._root = str(root)
        self._drive = os.path.splitdrive(blend)[0]

    def path(self, original: str) -> str:
        """Where a file of the user stands on the stage."""
        return self._root + os.path.splitdrive(original)[1]

    def original(self, path: str) -> str:
        """The user's own path of something on the stage; any other path as it is."""
        if path.startswith(self._root + os.sep):
            return self._drive + path[len(self._root) :]
        return path

    def show(self, originals: Iterable[str]) -> None:
        """Put files there; one that is not on disk is missing to the copy too.  Raises OSError."""
        for original in originals:
            if os.path.splitdrive(original)[0] == self._drive and os.path.isfile(original):
                _stand_in(original, self.path(original))

    def clear(self) -> None:
        """Take everything away."""
        shutil.rmtree(self._root, ignore_errors=True)


def _stand_in(original: str, there: str) -> None:
    if os.path.lexists(there):
        return
    os.makedirs(os.path.dirname(there), exist_ok=True)
    for make in (os.symlink, os.link):
        with contextlib.suppress(OSError):
            make(original, there)
            return
    shutil.copyfile(original, there)
