"""Carries out the farm's orders: opens scenes, renders frames, sends the results. A plugin for Dask workers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from pathlib import Path
from typing import Any

from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin

from ...client.files import remove_tree
from ..render.backend import LONGEST_FRAME, FrameTask, Needs, Package, Part, Rendered, WorkFailed
from ..render.failures import as_work_failed
from ..render.job_files import checksums
from ..render.local_backend import LocalBackend
from ..render.packages.unpack import BadPackage
from ..render.tiles import tile_files
from . import order_facts
from .farm_link import AnswerRefused, AttemptLink, AttemptOver, FarmLink
from .orders import PLUGIN
from .package_cache import PackageCache
from .report import NodeReport

_log = logging.getLogger(__name__)
_ARRIVING_SECONDS = 0.2


class NodePlugin(WorkerPlugin):
    """One per connection to the farm; the Blenders of `backend` end with it. folder: for tiles to be merged."""

    name = PLUGIN

    def __init__(
        self, backend: LocalBackend, packages: PackageCache, link: FarmLink, report: NodeReport, folder: Path
    ) -> None:
        self._folder = folder
        self._report = report
        self._backend = backend
        self._packages = packages
        self._link = link
        self._running: dict[str, asyncio.Task[None]] = {}
        self._jobs: set[str] = set()

    async def until_idle(self) -> None:
        """Wait until all work is done, and a moment longer for orders that are just arriving."""
        await asyncio.sleep(_ARRIVING_SECONDS)
        while self._running:
            await asyncio.wait(set(self._running.values()))
            await asyncio.sleep(_ARRIVING_SECONDS)

    # What Dask calls

    def setup(self, worker: Worker) -> None:
        pass

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """The farm has canceled an order: stop working on it now."""
        if start in ("executing", "long-running") and finish in ("cancelled", "released", "forgotten"):
            task = self._running.get(key)
            if task is not None:
                task.cancel()

    async def carry_out(self, key: str, order: dict[str, Any]) -> None:
        """Returns when the order is finished, whatever its outcome. Raises ValueError: it is no order of a farm's."""
        task = asyncio.create_task(self._guarded(order_facts.checked(order)))
        self._running[key] = task
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            del self._running[key]

    async def end_job(self, job_id: str) -> None:
        self._jobs.discard(job_id)
        await self._backend.release(job_id)
        self._packages.forget(job_id)

    async def end_all(self) -> None:
        """The farm is gone: stop all work for it."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for job_id in list(self._jobs):
            await self.end_job(job_id)

    # Orders

    async def _guarded(self, order: dict[str, Any]) -> None:
        link = self._link.attempt(order["port"], order["secret"])
        try:
            await self._carry_out(link, order)
        except AttemptOver:
            _log.info("Job %s: an attempt was over before it was done", order["job"])
        except AnswerRefused as error:
            _log.error("Job %s: %s", order["job"], error)
            with contextlib.suppress(AttemptOver, AnswerRefused):
                await link.tell("failed", _failure(WorkFailed(str(error), "refused")))

    async def _carry_out(self, link: AttemptLink, order: dict[str, Any]) -> None:
        job_id, told = order["job"], order["package"]
        self._jobs.add(job_id)
        package = Package(told["sha256"], told["kind"], told["name"])
        try:
            with self._packages.fetched_by(link, told["sha256"], told["bytes"]):
                if order["kind"] == "analysis":
                    analysis = await self._backend.analyze(job_id, package, lambda _: None)
                    await link.tell("analyzed", {"analysis": analysis})
                else:
                    await self._bring(link, order, package)
        except (WorkFailed, BadPackage, OSError) as error:
            await link.tell("failed", _failure(as_work_failed(error)))

    async def _bring(self, link: AttemptLink, order: dict[str, Any], package: Package) -> None:
        """Render a frame and send it."""
        self._report.frames.append(order["frame"])
        try:
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                part = await _part(link, order, Path(folder))
                rendered = await self._rendered(link, order, package, part)
            try:
                if part is not None and not part.tiles:
                    await asyncio.to_thread(_check_tile, rendered)
                await _deliver(link, rendered)
                self._report.done += part is None or bool(part.tiles)
            finally:
                await asyncio.to_thread(remove_tree, rendered.folder)
        finally:
            self._report.frames.remove(order["frame"])

    async def _rendered(
        self, link: AttemptLink, order: dict[str, Any], package: Package, part: Part | None
    ) -> Rendered:
        job_id = order["job"]
        config, seconds = order["config"], order.get("seconds", LONGEST_FRAME)  # an older farm does not send it
        frame_task = FrameTask(job_id, order["frame"], package, config, Needs(job_id), order["preview"], part, seconds)
        telling: list[asyncio.Task[None]] = []

        def started(final: dict[str, Any]) -> None:
            if order["tellsStart"]:
                telling.append(asyncio.create_task(link.tell("started", {"finalConfig": final})))

        try:
            rendered = await self._backend.render(frame_task, started)
            for each in telling:
                await each
            return rendered
        finally:
            for each in telling:
                each.cancel()


async def _part(link: AttemptLink, order: dict[str, Any], folder: Path) -> Part | None:
    """The part of the frame to render; tiles that are to be merged are downloaded into the folder."""
    if "part" not in order:
        return None
    index, count = order["part"]
    tiles = [folder / f"{number}.exr" for number in range(len(order["tiles"]))]
    for number, (place, digest) in enumerate(zip(tiles, order["tiles"], strict=True)):
        await link.fetch_tile(number, place, digest)
    return Part(index, count, tuple(tiles))


def _check_tile(rendered: Rendered) -> None:
    """Pass a tile's SHA-256 to where tiles are merged, which checks it. Raises WorkFailed, OSError."""
    if not all(tile_files.is_whole(each.path) for each in rendered.files):
        raise WorkFailed("The part of the frame that Blender wrote is incomplete.", "bad_answer")


async def _deliver(link: AttemptLink, rendered: Rendered) -> None:
    """Announce the result, then send it; after the announcement the farm gives the slot its next frame."""
    paths = [each.path for each in rendered.files]
    if isinstance(rendered.preview, Path):
        paths.append(rendered.preview)
    described = [await asyncio.to_thread(_described, path) for path in paths]
    files = [
        {
            "relativePath": each.relative_path,
            "fileName": each.file_name or None,
            "view": each.view,
            "node": each.node,
            **what,
        }
        for each, what in zip(rendered.files, described, strict=False)
    ]
    preview = described[-1] if rendered.preview else None
    told = {"files": files, "seconds": rendered.seconds, "preview": preview, "unreadable": rendered.unreadable}
    puts = await link.announce(told)
    for number, (path, what) in enumerate(zip(paths, described, strict=True)):
        if puts and puts[number]:
            await link.put_in_bucket(number, path, told, puts[number])
        else:
            await link.send_file(number, path, what["bytes"])


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256, crc32 = checksums(file)
    return {"bytes": path.stat().st_size, "sha256": sha256, "crc32": crc32}


def _failure(error: WorkFailed) -> dict[str, Any]:
    return {"name": error.name, "type": error.type, "isFinal": error.is_final, "isShortage": error.is_shortage}
