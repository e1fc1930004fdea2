"""The zips of a job: of its frames, and of its File Output nodes' files, with the names that the scene gives them."""

from __future__ import annotations

import asyncio
import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from ...objects.objects import Objects
from ...objects.stored_zip import CHUNK, Member, StoredZip
from ..records import JobRecord, OutputRecord
from ..store import Store

FRAMES_ZIP, NODES_ZIP = "frames.zip", "compositor.zip"
"""Names of zips in a job's folder of objects, where they never lie."""
_NODES_FOLDER = "composite/"


@dataclass(frozen=True, slots=True)
class JobZip:
    """file_name: for the download."""

    file_name: str
    content: StoredZip


class JobZips:
    """Opens zips by the keys of their links."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    async def find(self, key: str) -> JobZip | None:
        """The zip with this key; None for any other key, or for a job without such files."""
        folder, _, name = key.rpartition("/")
        job = self._store.job(folder.removeprefix("jobs/")) if name in (FRAMES_ZIP, NODES_ZIP) else None
        if job is None or job.key != folder:
            return None
        outputs = [
            each for each in self._store.outputs.of_job(job.id) if (each.node is not None) is (name == NODES_ZIP)
        ]
        if not outputs:
            return None
        members = self._members(job, await self._with_checksums(job, outputs))
        return JobZip(zip_name(stem(self._store, job), name), await asyncio.to_thread(StoredZip, members))

    async def complete(self, job: JobRecord) -> list[str]:
        """Add the checksums that a job's zips need. Returns the files that are missing or have changed."""
        outputs = self._store.outputs.of_job(job.id)
        changed = await asyncio.to_thread(self._changed, job, outputs)
        if not changed:
            await self._with_checksums(job, outputs)
        return changed

    def _members(self, job: JobRecord, outputs: Sequence[OutputRecord]) -> list[Member]:
        members, taken = [], set[str]()
        for each in outputs:
            name = each.shown_name if each.node is None else each.relative_path.removeprefix(_NODES_FOLDER)
            name = each.relative_path if name.casefold() in taken else name
            taken.add(name.casefold())
            opened = functools.partial(self._objects.open, f"{job.key}/{each.relative_path}")
            members.append(Member(name, opened, each.bytes, each.crc32 or 0))
        return members

    async def _with_checksums(self, job: JobRecord, outputs: list[OutputRecord]) -> list[OutputRecord]:
        """Add missing checksums: files of an older farm have none."""
        missing = [each for each in outputs if each.crc32 is None]
        if not missing:
            return outputs
        found = await asyncio.to_thread(lambda: [replace(each, crc32=self._checksum(job, each)) for each in missing])
        self._store.outputs.set_checksums(job.id, found)
        by_path = {each.relative_path: each for each in found}
        return [by_path.get(each.relative_path, each) for each in outputs]

    def _checksum(self, job: JobRecord, output: OutputRecord) -> int:
        checksum = 0
        with self._objects.open(f"{job.key}/{output.relative_path}") as file:
            while chunk := file.read(CHUNK):
                checksum = zlib.crc32(chunk, checksum)
        return checksum

    def _changed(self, job: JobRecord, outputs: Sequence[OutputRecord]) -> list[str]:
        sizes = self._objects.sizes(job.key)
        return [each.relative_path for each in outputs if sizes.get(f"{job.key}/{each.relative_path}") != each.bytes]


def zip_name(stem: str, kind: str) -> str:
    """The name of a job's zip: shot-frames.zip for shot.blend."""
    return f"{stem}-{kind}"


def stem(store: Store, job: JobRecord) -> str:
    """The artist's name of the file, without its extension."""
    upload = store.upload(job.slug)
    return PurePath(upload.file_name).stem if upload else job.id
