"""Gives orders to nodes through Dask, one attempt at a time, and waits for the result of each."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Future

from ...client.files import remove_tree
from ...jobs.folder import path_limits
from ..node import orders
from ..objects.objects import ATTEMPTS, Objects
from ..render.backend import Package, Part, Tile
from ..settings import FarmSettings
from . import blend_version
from .attempts.attempts import Attempt, Attempts
from .attempts.bucket_uploads import BucketUploads
from .dask.head import Head
from .nodes import Node

_MOST_UPLOADS = 24
"""A day, if an upload may take an hour: a node may be sending many frames over a slow line."""


class Dispatcher:
    """work: where incoming frames are kept until they are moved into place. slot_left: called for each freed slot."""

    def __init__(
        self,
        settings: FarmSettings,
        objects: Objects,
        work: Path,
        head: Head,
        attempts: Attempts,
        slot_left: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._objects = objects
        self._work = work
        self._head = head
        self._attempts = attempts
        self._slot_left = slot_left
        self._digests: dict[str, asyncio.Task[str]] = {}
        """Of packages, by job."""

    async def carry_out(
        self,
        job_id: str,
        frame: int | None,
        node: Node,
        package: Package,
        order: dict[str, Any],
        started: Callable[[dict[str, Any]], None] = lambda _: None,
        part: Part | None = None,
    ) -> Any:
        """Give one order to one node and wait for the result. Raises AttemptLost or WorkFailed.

        Args:
            frame: None for an analysis. A frame holds one of the node's slots, which the caller has taken.
            order: the arguments of orders.carry_out, without those that every order has.
            started: called with the settings that the node renders with, once its Blender has opened the file.
        """
        attempt = self._attempt(job_id, frame, node, package.key, started, part)
        future: Future[Any] | None = None
        self._attempts.add(attempt)
        overdue = asyncio.create_task(self._fail_when_overdue(attempt, self._most_seconds(order)))
        try:
            whole = {**order, "secret": attempt.secret, **await self._always_told(job_id, package, part)}
            if frame is not None:
                attempt.folder.mkdir(parents=True)
            if attempt.is_open:  # the node may have gone meanwhile
                future = self._head.submit(node.address, orders.carry_out, attempt.key, whole, key=attempt.key)
            return await attempt.outcome
        except BaseException:
            await asyncio.to_thread(remove_tree, attempt.folder)
            if attempt.arrivals is not None and attempt.result is not None:
                await attempt.arrivals.remove()
            raise
        finally:
            overdue.cancel()
            self._attempts.remove(attempt)
            attempt.left_slot()
            if future is not None:
                await self._head.drop(future, is_done=attempt.has_result)

    def _most_seconds(self, order: dict[str, Any]) -> float:
        """How long a node may take to fetch the package, open it, and render: its own limits should end it first, but
        the node itself may hang."""
        limits = self._settings
        return limits.upload_seconds + limits.open_seconds + float(order.get("seconds", 0.0))

    async def _fail_when_overdue(self, attempt: Attempt, seconds: float) -> None:
        """Files that a node has announced may arrive later, as long as something arrives, but not forever."""
        await asyncio.sleep(seconds)
        longest = self._settings.upload_seconds
        last = time.monotonic() + _MOST_UPLOADS * longest
        while attempt.result is not None:
            left = min(attempt.heard + longest, last) - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(left)
        attempt.fail_overdue()

    def forget(self, job_id: str) -> None:
        """No more orders come for this job."""
        self._digests.pop(job_id, None)

    async def blender_version(self, package: Package) -> str:
        """The Blender that saved the package's file."""
        return await asyncio.to_thread(self._version, package)

    def _attempt(
        self,
        job_id: str,
        frame: int | None,
        node: Node,
        key: str,
        started: Callable[[dict[str, Any]], None],
        part: Part | None,
    ) -> Attempt:
        name = f"{frame}-{uuid.uuid4().hex[:12]}"
        return Attempt(
            job_id,
            frame,
            node,
            functools.partial(self._place, key),
            self._work / path_limits.work_name(job_id) / "f" / name,
            asyncio.get_running_loop().create_future(),
            started,
            self._leaving(node if frame is not None else None),
            part=part.index if part is not None else None,
            tiles=tuple(functools.partial(self._place, each) for each in (part.tiles if part is not None else ())),
            arrivals=BucketUploads(self._objects, f"{ATTEMPTS}/{job_id}/{name}") if frame is not None else None,
        )

    def _leaving(self, node: Node | None) -> Callable[[], None]:
        """Frees the node's slot when first called."""
        is_held = node is not None

        def leave() -> None:
            nonlocal is_held
            if is_held and node is not None:
                is_held = False
                node.rendering -= 1
                self._slot_left()

        return leave

    async def _always_told(self, job_id: str, package: Package, part: Part | None) -> dict[str, Any]:
        """The arguments that every order has: its job, its package, and the part of a frame."""
        told = {"job": job_id, "port": self._head.files_port, "package": await self._described(job_id, package)}
        return told if part is None else told | await asyncio.to_thread(_order, part)

    async def _described(self, job_id: str, package: Package) -> dict[str, Any]:
        if job_id not in self._digests:
            self._digests[job_id] = asyncio.create_task(asyncio.to_thread(self._digest, package.key))
        try:
            sha256 = await asyncio.shield(self._digests[job_id])
        except OSError:
            self.forget(job_id)  # the disk may work the next time
            raise
        size = await asyncio.to_thread(self._objects.size, package.key)
        return {"sha256": sha256, "bytes": size, "kind": package.kind, "name": package.name}

    def _digest(self, key: str) -> str:
        with self._objects.open(key) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def _version(self, package: Package) -> str:
        with self._objects.open(package.key) as file:
            return blend_version.of_package(file, package.kind)

    def _place(self, what: Tile | str) -> Path | str:
        """Where a node may fetch something: a file, or a link to an object. what: a tile, or the key of an object."""
        if isinstance(what, Path):
            return what
        key = what if isinstance(what, str) else what.key
        path = self._objects.path(key)
        link = self._objects.link(key, "GET", int(time.time() + self._settings.link_seconds))
        return path or link or ""


def _order(part: Part) -> dict[str, Any]:
    """What a node is to do of a frame, in an order."""
    return {"part": [part.index, part.count], "tiles": list(map(_digest, part.tiles))}


def _digest(tile: Tile) -> str:
    if not isinstance(tile, Path):
        return tile.sha256
    with tile.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
