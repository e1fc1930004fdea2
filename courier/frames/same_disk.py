"""Frames of a farm on this computer, copied from its folder instead of sent over HTTP.

A copy, not a hard link: rendering over a frame, or painting on it, would also change the farm's file, and that in
every other folder that the job was downloaded to. Where the file system can (Btrfs, XFS), the copy shares its blocks
until then, and costs nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...client import files
from ...client.cancellation import CancelToken
from ...client.errors import LocalProblem
from ..servers.local_farm import LINKS
from . import safe_paths

_PIECE = 64 * 1024 * 1024


def bring(url: str, objects: Path, partial: Path, cancel: CancelToken) -> int:
    """Copy the file that a link of the farm names.

    Args:
        url: as the farm gave it.
        objects: the folder of the farm's objects on this disk.
        partial: the file to write; what an earlier try left there is not touched.
        cancel: asked while a large file is copied.

    Returns:
        Its size, or 0 if it cannot be copied: fetching it over HTTP then says why, or resumes what an earlier try has
        fetched.

    Raises:
        Stopped: the token was canceled.
    """
    source = _behind(url, objects)
    is_whole = False
    with contextlib.suppress(OSError):
        if source is None or partial.exists() or source.is_symlink() or not source.is_file():
            return 0
        try:
            _copy(source, partial, cancel)
            is_whole = True
            return partial.stat().st_size
        finally:
            if not is_whole:  # it must not look like a partial download
                files.remove(partial, missing_ok=True, wait_seconds=0)
    return 0


def _behind(url: str, objects: Path) -> Path | None:
    """The file behind a link, below the farm's own folder; None for anything else."""
    _, marker, key = urlsplit(url).path.partition(LINKS)
    if not marker:
        return None
    try:
        return safe_paths.inside(objects, unquote(key))
    except LocalProblem:
        return None


def _copy(source: Path, target: Path, cancel: CancelToken) -> None:
    if not hasattr(os, "copy_file_range"):
        shutil.copyfile(source, target)
        return
    with source.open("rb") as reading, target.open("wb") as writing:
        while os.copy_file_range(reading.fileno(), writing.fileno(), _PIECE):
            cancel.raise_if_canceled()
