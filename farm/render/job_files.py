"""A job's files: the scene to open, and the way of finished frames from a temporary place to their own."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import re
import shutil
import sqlite3
from pathlib import Path

from ..state.records import JobRecord, OutputRecord, Upload
from ..state.remove_tree import remove_tree
from ..state.storage import Storage
from ..state.store import Store
from .backend import Rendered, WorkFailed
from .unpack import BadPackage, is_blend, unpack

_PREVIEW = "preview.png"
_DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOBUFS})
_UNPACKED_AT_A_TIME = 2


class JobFiles:
    """work: where jobs have their temporary folders."""

    def __init__(self, store: Store, storage: Storage, work: Path, unpack_limit: int) -> None:
        self._store = store
        self._storage = storage
        self._work = work
        self._unpack_limit = unpack_limit
        self._unpacking = asyncio.Semaphore(_UNPACKED_AT_A_TIME)
        self._locks: dict[str, asyncio.Lock] = {}

    async def blend(self, job: JobRecord) -> Path:
        """The .blend to open, in a folder of the job's own, where a scene may also write caches.  Raises BadPackage."""
        blend = await asyncio.to_thread(self._found, job.id)
        if blend is not None:
            return blend
        upload = self._store.upload(job.slug)
        assert upload is not None
        async with self._locks.setdefault(job.id, asyncio.Lock()), self._unpacking:
            return await asyncio.to_thread(self._laid_out, job.id, upload)

    async def land(self, job: JobRecord, frame: int, rendered: Rendered) -> tuple[list[OutputRecord], str]:
        """Give a frame's files their names.  Returns what they are, and the key of a new preview or ""."""
        return await asyncio.to_thread(self._land, job, frame, rendered)

    async def remove_work(self, job_id: str) -> None:
        self._locks.pop(job_id, None)
        await asyncio.to_thread(remove_tree, self._work / "jobs" / job_id)

    def _package(self, job_id: str) -> Path:
        """A farm that ends while it unpacks leaves no folder of this name."""
        return self._work / "jobs" / job_id / "package"

    def _found(self, job_id: str) -> Path | None:
        try:
            return next((each for each in self._package(job_id).iterdir() if is_blend(each.name)), None)
        except FileNotFoundError:
            return None

    def _laid_out(self, job_id: str, upload: Upload) -> Path:
        folder = self._package(job_id)
        if not folder.exists():
            temporary = folder.with_suffix(".part")
            if upload.file_type == "zip":
                unpack(self._storage.path(upload.key), temporary, self._unpack_limit)
            else:
                _link(self._storage.path(upload.key), temporary / _plain_name(upload.file_name))
            temporary.replace(folder)
        blend = self._found(job_id)
        if blend is None:
            raise BadPackage("The package has no .blend at its top.")
        return blend

    def _land(self, job: JobRecord, frame: int, rendered: Rendered) -> tuple[list[OutputRecord], str]:
        outputs = []
        for file in rendered.files:
            key = f"{job.key}/{file.relative_path}"
            is_there = not file.path.exists()  # put in place before a shortage broke this off
            with (self._storage.path(key) if is_there else file.path).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            path = self._storage.path(key)
            size = path.stat().st_size if is_there else self._storage.put_in_place(file.path, key)
            outputs.append(OutputRecord(frame, file.relative_path, file.view, file.node, size, digest))
        preview = ""
        if rendered.preview is not None:
            preview = f"{job.key}/{_PREVIEW}"
            if rendered.preview.exists():
                self._storage.put_in_place(rendered.preview, preview)
        remove_tree(rendered.folder)
        return outputs, preview


def _link(source: Path, target: Path) -> None:
    """The same file under another name, without a second copy on disk where the disk can do that."""
    remove_tree(target.parent)
    target.parent.mkdir(parents=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _plain_name(name: str) -> str:
    """The artist's file name, since frames may be stamped with it, without anything that a disk could mind."""
    stem = re.sub(r"[^\w. -]+", "_", name.removesuffix(".blend"))[-100:].strip(". ")
    return f"{stem or 'scene'}.blend"


def as_work_failed(error: BadPackage | WorkFailed | OSError | sqlite3.OperationalError) -> WorkFailed:
    """The same failure in the words of the job."""
    if isinstance(error, WorkFailed):
        return error
    if isinstance(error, BadPackage):
        return WorkFailed(error.name, "bad_package", is_final=True)
    if isinstance(error, sqlite3.OperationalError):
        return WorkFailed(f"The farm cannot write its state now ({error}).", "state", is_shortage=True)
    if error.errno in _DISK_IS_FULL:
        return WorkFailed("The farm's disk is full.", "disk_full", is_shortage=True)
    if error.errno in _SHORTAGES:
        return WorkFailed(
            f"The farm's computer is short of resources ({error.strerror}).", "shortage", is_shortage=True
        )
    return WorkFailed(f"The farm could not use its disk ({error.strerror}).", "disk")
