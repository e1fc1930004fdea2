"""A place in the job folder that looks like the user's own folders, where the saved copy finds its libraries.

The copy keeps the paths of the user's file. It is opened as deep below this folder as that file is on its drive, and
the linked .blend files are placed around it as links (or copies, where links are impossible). The folders above all of
them have one-letter names here: Windows allows at most 260 characters in a path. Does not use bpy.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ...client import files
from ..package_layout import drive_of

_SHORT = "~"


class StagingArea:
    """blend: the user's file, or "" if it was never saved. linked: the files to place here."""

    def __init__(self, root: Path, blend: str, linked: Iterable[str] = ()) -> None:
        self._root = str(root)
        self._drive = os.path.splitdrive(blend)[0]
        near = [blend, *(one for one in linked if self._is_on_drive(one))]
        self._above = _parts(os.path.commonpath([os.path.dirname(one) for one in near])) if blend else []

    def path(self, original: str) -> str:
        """The path of a user's file in the staging area."""
        parts = _parts(original)
        depth = _alike(parts, self._above)
        return os.path.join(self._root, *[_SHORT] * depth, *parts[depth:])

    def original(self, path: str) -> str:
        """The user's own path of a file in the staging area; any other path unchanged."""
        if not os.path.normcase(path).startswith(os.path.normcase(self._root) + os.sep):
            return path
        parts = _parts(path[len(self._root) :])
        depth = _alike(parts, [_SHORT] * len(self._above))
        return os.path.join(self._drive + os.sep, *self._above[:depth], *parts[depth:])

    def show(self, originals: Iterable[str]) -> None:
        """Place files there; one that does not exist is missing for the copy too. Raises OSError."""
        for original in originals:
            if self._is_on_drive(original) and os.path.isfile(original):
                _stand_in(original, self.path(original))

    def _is_on_drive(self, path: str) -> bool:
        return drive_of(path) == drive_of(self._drive)

    def clear(self) -> None:
        """Remove everything."""
        files.remove_tree(Path(self._root))


def _parts(path: str) -> list[str]:
    """The parts of a path; on Windows, Blender may use either slash."""
    return [part for part in os.path.splitdrive(path)[1].replace(os.altsep or os.sep, os.sep).split(os.sep) if part]


def _alike(parts: list[str], others: list[str]) -> int:
    """The number of equal parts at the start of both."""
    pairs = zip(parts, others, strict=False)
    return sum(
        1 for _ in itertools.takewhile(lambda pair: os.path.normcase(pair[0]) == os.path.normcase(pair[1]), pairs)
    )


def _stand_in(original: str, there: str) -> None:
    if os.path.lexists(there):
        return
    os.makedirs(os.path.dirname(there), exist_ok=True)
    for make in (os.symlink, os.link):
        with contextlib.suppress(OSError):
            make(original, there)
            return
    shutil.copyfile(original, there)
