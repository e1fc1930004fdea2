"""A job's files: its package, and moving finished frames from their temporary place to the final one."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
import zlib
from pathlib import Path
from typing import IO

from ...client.files import remove_tree
from ...jobs.folder import path_limits
from ..errors import ApiError
from ..objects.objects import ATTEMPTS, TILES, Objects
from ..state.files.job_zips import JobZips
from ..state.records import JobRecord, OutputRecord
from ..state.store import Store
from ..state.workspaces import Workspaces
from .backend import Arrived, Package, Rendered, RenderedFile
from .packages.laid_out import LaidOutPackages
from .packages.unpack import BadPackage

_log = logging.getLogger(__name__)
_PREVIEW = "preview.png"
_CHUNK = 1024 * 1024


class JobFiles:
    """work: where jobs have their temporary folders. upload_limit: bytes; a package must be smaller."""

    def __init__(
        self, store: Store, objects: Objects, work: Path, packages: LaidOutPackages, upload_limit: int
    ) -> None:
        self._store = store
        self._objects = objects
        self._work = work
        self._packages = packages
        self._upload_limit = upload_limit
        self._zips = JobZips(store, objects)
        self._workspaces = Workspaces(store.database)

    def package(self, job: JobRecord) -> Package:
        upload = self._store.upload(job.slug)
        assert upload is not None
        return Package(upload.key, upload.file_type, upload.file_name)

    async def take(self, job: JobRecord) -> None:
        """Store the package that has arrived, which may have been replaced by its link since the job was created.

        Raises BadPackage, OSError.
        """
        upload = self._store.upload(job.slug)
        assert upload is not None
        size = await asyncio.to_thread(self._objects.take, upload.key)
        more = size - (upload.bytes or 0)
        if more > 0:
            try:
                self._workspaces.check_bytes(upload.workspace_id, more)
            except ApiError as error:
                await asyncio.to_thread(self._objects.remove, upload.key)
                raise BadPackage(error.message) from error
        if more:
            self._store.set_uploaded(upload.slug, size)
        if size >= self._upload_limit:
            raise BadPackage("The package is larger than this farm accepts.")

    async def land(self, job: JobRecord, frame: int, rendered: Rendered) -> tuple[list[OutputRecord], str]:
        """Move a frame's files to their final keys.

        Args:
            job: whose frame it is.
            rendered: the files, still in the worker's folder or just arrived from a node.

        Returns:
            The records of the files, and the key of a new preview, "" for none.
        """
        return await asyncio.to_thread(self._land, job, frame, rendered)

    async def landed(self, rendered: Rendered) -> None:
        """Remove the place where a frame's files arrived, once the store has recorded the result."""
        if rendered.arrived:
            await asyncio.to_thread(self._remove_arrived, rendered.arrived)

    async def complete(self, job: JobRecord) -> list[str]:
        """Prepare the job's zips. Returns the files that are missing or have changed."""
        return await self._zips.complete(job)

    async def remove_work(self, job_id: str) -> None:
        self._packages.forget(job_id)
        await asyncio.to_thread(remove_tree, self._work / path_limits.work_name(job_id))
        for folder in (ATTEMPTS, TILES):
            await asyncio.to_thread(self._remove_arrived, f"{folder}/{job_id}")

    def _land(self, job: JobRecord, frame: int, rendered: Rendered) -> tuple[list[OutputRecord], str]:
        outputs = []
        for file in rendered.files:
            key = f"{job.key}/{file.relative_path}"
            if file.arrived is not None:
                outputs.append(self._adopted(frame, file, file.arrived, key))
                continue
            is_there = not file.path.exists()  # already moved before a shortage interrupted this
            with self._objects.open(key) if is_there else file.path.open("rb") as opened:
                digest, checksum = checksums(opened)
            size = self._objects.size(key) if is_there else self._objects.put(file.path, key)
            outputs.append(
                OutputRecord(frame, file.relative_path, file.view, file.node, size, digest, file.file_name, checksum)
            )
        outputs = [dataclasses.replace(output, unreadable=rendered.unreadable) for output in outputs]
        preview = ""
        if rendered.preview is not None:
            preview = f"{job.key}/{_PREVIEW}"
            if isinstance(rendered.preview, Arrived):
                self._objects.copy(rendered.preview.key, preview)
            elif rendered.preview.exists():
                self._objects.put(rendered.preview, preview)
        remove_tree(rendered.folder)
        return outputs, preview

    def _adopted(self, frame: int, file: RenderedFile, arrived: Arrived, key: str) -> OutputRecord:
        """Copies, because this may be repeated: arrived files are kept until the store has recorded the frame."""
        size = self._objects.copy(arrived.key, key)
        return OutputRecord(
            frame, file.relative_path, file.view, file.node, size, arrived.sha256, file.file_name, arrived.crc32
        )

    def _remove_arrived(self, key: str) -> None:
        try:
            self._objects.remove(key)
        except OSError as error:
            _log.warning("%s is removed later (%s)", key, error.strerror or error)


def checksums(file: IO[bytes]) -> tuple[str, int]:
    """SHA-256 as hex, and CRC-32, in one pass."""
    digest, checksum = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        checksum = zlib.crc32(chunk, checksum)
    return digest.hexdigest(), checksum
