"""A job's package as its Blenders see it: unpacked once, in the job's own folder."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from ....client import files
from ....jobs.folder import path_limits
from ...errors import ApiError
from ...objects.objects import Objects
from ..backend import Package
from .unpack import BadPackage, is_blend, unpack, unpacked_bytes

_UNPACKED_AT_A_TIME = 2
_UNFINISHED = "~"
"""A folder that is not yet whole."""


class LaidOutPackages:
    """Of jobs whose uploads are in the farm's storage.

    Args:
        objects: the storage.
        work: where jobs have their temporary folders.
        unpack_limit: bytes that may come out of a zip.
        claim: called with a job and the bytes that its zip unpacks to, before it is unpacked; may raise ApiError.
    """

    def __init__(
        self, objects: Objects, work: Path, unpack_limit: int, claim: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self._objects = objects
        self._work = work
        self._unpack_limit = unpack_limit
        self._claim = claim
        self._unpacking = asyncio.Semaphore(_UNPACKED_AT_A_TIME)
        self._locks: dict[str, asyncio.Lock] = {}

    async def blend(self, job_id: str, package: Package) -> Path:
        """The .blend to open, in a folder where a scene may also write caches. Raises BadPackage, OSError."""
        folder = self._work / path_limits.work_name(job_id) / path_limits.PACKAGE
        blend = await asyncio.to_thread(blend_in, folder)
        if blend is not None:
            return blend
        canceled, loop = threading.Event(), asyncio.get_running_loop()

        def claim(size: int) -> None:
            asyncio.run_coroutine_threadsafe(self._claimed(job_id, size), loop).result()

        async with self._locks.setdefault(job_id, asyncio.Lock()), self._unpacking:
            try:
                return await asyncio.to_thread(self._lay_out, package, folder, canceled, claim)
            except asyncio.CancelledError:
                canceled.set()
                raise

    async def _claimed(self, job_id: str, size: int) -> None:
        try:
            self._claim(job_id, size)
        except ApiError as error:
            raise BadPackage(error.message, advice="") from error

    def _lay_out(self, package: Package, folder: Path, canceled: threading.Event, claim: Callable[[int], None]) -> Path:
        """A thread cannot be ended: if the job is canceled meanwhile, it removes what it has still written."""
        try:
            return self._put_in(package, folder, claim)
        finally:
            if canceled.is_set():
                for each in (folder, folder.with_name(_UNFINISHED)):
                    files.remove_tree(each)
                files.remove_empty(folder.parent)  # tiles of a frame may be in it

    def _put_in(self, package: Package, folder: Path, claim: Callable[[int], None]) -> Path:
        archive = self._objects.path(package.key)
        if archive is not None:
            return self._put_from(archive, package, folder, claim)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fetched = folder.with_name("archive")
        files.remove(fetched, missing_ok=True)
        try:
            self._objects.fetch(package.key, fetched)
            return self._put_from(fetched, package, folder, claim)
        finally:
            files.remove(fetched, missing_ok=True)

    def _put_from(self, archive: Path, package: Package, folder: Path, claim: Callable[[int], None]) -> Path:
        if package.kind == "zip":
            claim(min(unpacked_bytes(archive), self._unpack_limit))  # no more is written
        return lay_out(archive, package.kind, package.name, folder, self._unpack_limit)

    def forget(self, job_id: str) -> None:
        self._locks.pop(job_id, None)


def lay_out(archive: Path, kind: str, name: str, folder: Path, unpack_limit: int) -> Path:
    """Unpack or link what was uploaded into a folder, and return the .blend.

    The folder appears only when it is complete, even if the process is killed. What did not fit on the disk is removed:
    the next try may come much later.

    Args:
        archive: the upload.
        kind: `zip` or `blend`.
        name: of the file on the artist's computer; a .blend gets this name.
        folder: an existing one is kept as it is.
        unpack_limit: bytes that may come out of a zip.

    Raises:
        BadPackage: not a valid zip, or no .blend in it.
        OSError: a fault of this computer's disk.
    """
    if not folder.exists():
        temporary = folder.with_name(_UNFINISHED)
        try:
            if kind == "zip":
                unpack(archive, temporary, unpack_limit)
            else:
                _link(archive, temporary / _plain_name(name))
            files.rename(temporary, folder)
        except (BadPackage, OSError):
            files.remove_tree(temporary)
            raise
    blend = blend_in(folder)
    if blend is None:
        raise BadPackage("The package has no .blend at its top.")
    return blend


def blend_in(folder: Path) -> Path | None:
    try:
        return next((each for each in folder.iterdir() if is_blend(each.name) and each.is_file()), None)
    except FileNotFoundError:
        return None


def _link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy if the disk does not support links."""
    files.remove_tree(target.parent)
    target.parent.mkdir(parents=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _plain_name(name: str) -> str:
    """The artist's file name, which frames may be stamped with, without characters that a disk may refuse."""
    stem = re.sub(r"[^\w. -]+", "_", name.removesuffix(".blend"))[-100:].strip(". ")
    return f"{stem or 'scene'}.blend"
