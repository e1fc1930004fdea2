"""Renders on this machine with warm Blender processes: each loads a file once and renders the frames that it is given.

The process that validated a file waits with it and renders its frames. A process is never shared between jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...client.files import remove_tree
from ...jobs.folder import path_limits
from ..settings import FarmSettings
from ..state.files.job_logs import JobLogs
from . import disk_room, taken_files
from .backend import FrameTask, Needs, Package, Packages, Part, Rendered, RenderedFile, WorkFailed
from .blender import load_report, worker_answers
from .blender.blender_process import BlenderProcess
from .blender.launcher import Launcher, ready
from .blender.worker_answers import PREVIEW, FrameAnswer
from .gpu_turns import GpuTurns
from .packages import color_config
from .previews import PreviewClock
from .taken_files import NotAFile, take

_log = logging.getLogger(__name__)
_CONFIGURE_SECONDS = 300.0


@dataclass(eq=False)
class _Slot:
    """A Blender that is set up for the frames of one job."""

    job_id: str
    process: BlenderProcess
    final: dict[str, Any]


class LocalBackend:
    """work: where jobs and processes have their temporary folders. logs: where logs of failed work are kept."""

    directory = None

    def __init__(
        self, settings: FarmSettings, work: Path, logs: Path, packages: Packages, launcher: Launcher | None = None
    ) -> None:
        self._settings = settings
        self._work = work
        self._logs = JobLogs(logs)
        self._packages = packages
        self._changed: Callable[[], None] = lambda: None
        self._spare: asyncio.Task[BlenderProcess] | None = None
        self._warm: dict[str, BlenderProcess] = {}
        self._cooling: dict[str, asyncio.Task[None]] = {}
        self._taken = 0
        """Frames that were taken on: those at work, and those that wait for a slot."""
        self._slots = asyncio.Semaphore(settings.workers)
        self._working = 0
        """Slots at work, from before their Blender starts."""
        self._busy: set[_Slot] = set()
        self._idle: list[_Slot] = []
        self._previews = PreviewClock()
        self._gpus = GpuTurns()
        self._numbers = itertools.count(1)
        self._launcher = launcher or Launcher(settings, work)
        self._choosing: asyncio.Task[None] | None = None

    async def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        remove_tree(self._work / "b")
        await asyncio.to_thread(self._logs.remove_old, self._settings.keep_days)
        await ready(self._launcher, self._settings)
        self._keep_spare()
        self._choosing = asyncio.create_task(self._choose())

    async def _choose(self) -> None:
        """Find out early what is not confined, for who starts the farm."""
        with contextlib.suppress(WorkFailed, OSError):
            await self._launcher.choice()
            if not self._settings.prewarm:
                await self._launcher.end_first()

    async def stop(self) -> None:
        if self._spare is not None:
            self._spare.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkFailed, OSError):
                await (await self._spare).end()
        for cooling in self._cooling.values():
            cooling.cancel()
        if self._choosing is not None:
            self._choosing.cancel()
        await self._launcher.stop()
        processes = [*self._warm.values(), *(slot.process for slot in (*self._idle, *self._busy))]
        self._warm.clear()
        self._idle.clear()
        await asyncio.gather(*(process.end() for process in processes))

    def has_room(self, needs: Needs) -> bool:
        return self._taken < self._settings.workers

    def capacity(self) -> int:
        return self._settings.workers

    def ready_jobs(self) -> Collection[str]:
        return {slot.job_id for slot in self._idle}

    def waits_for(self, needs: Needs) -> str:
        return ""

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        if (earlier := self._take_warm(job_id)) is not None:
            await earlier.end()
        with disk_room.blamed(self._settings.data):
            process, analysis = await self._open(job_id, await self._packages.blend(job_id, package))
        self._warm[job_id] = process
        self._cooling[job_id] = asyncio.create_task(self._expire_warm(job_id))
        await self._cool_oldest()
        return analysis

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._taken += 1
        try:
            async with self._slots:  # a node's farm sends the next frame while a canceled one is being ended
                self._working += 1
                try:
                    with disk_room.blamed(self._settings.data):
                        return await self._render_in(await self._slot_for(task), task, started)
                finally:
                    self._working -= 1
        finally:
            self._taken -= 1
            self._changed()

    async def release(self, job_id: str) -> None:
        slots = [slot for slot in (*self._idle, *self._busy) if slot.job_id == job_id]
        self._idle = [slot for slot in self._idle if slot.job_id != job_id]
        processes = [slot.process for slot in slots]
        warm = self._take_warm(job_id)
        if warm is not None:
            processes.append(warm)
        self._previews.forget(job_id)
        await asyncio.gather(*(process.end() for process in processes))
        self._keep_spare()
        await asyncio.to_thread(self._logs.remove_old, self._settings.keep_days)  # a node runs for months

    # Frames

    async def _slot_for(self, task: FrameTask) -> _Slot:
        """A Blender that is set up for the task's job: one that waits, or a new one."""
        idle = next((slot for slot in self._idle if slot.job_id == task.job_id), None)
        if idle is not None:
            self._idle.remove(idle)
            if idle.process.is_alive:
                return idle
            await idle.process.end()
        while len(self._idle) + self._working > self._settings.workers:
            await self._idle.pop(0).process.end()
        process = self._take_warm(task.job_id)
        if process is not None and not process.is_alive:
            await process.end()
            process = None
        if process is None:
            process, _ = await self._open(task.job_id, await self._packages.blend(task.job_id, task.package))
        try:
            process.load_report.demand_engine(task.config)
            answer = await process.ask("configure", _CONFIGURE_SECONDS, config=task.config)
            final = _with_losses(worker_answers.final_config(answer), process)
        except BaseException:
            await process.end()
            raise
        return _Slot(task.job_id, process, final)

    async def _render_in(self, slot: _Slot, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._busy.add(slot)
        try:
            started(slot.final)
            rendered = await self._frame(slot.process, task)
        except WorkFailed as error:
            self._keep_log(slot.process, task.job_id, f"frame {task.frame}", error)
            if not slot.process.is_alive:
                await slot.process.end()
            raise
        except asyncio.CancelledError:
            await slot.process.end()
            raise
        finally:
            self._busy.discard(slot)
            if slot.process.is_alive:
                self._idle.append(slot)
        return rendered

    async def _frame(self, process: BlenderProcess, task: FrameTask) -> Rendered:
        number = f"{task.frame}-{next(self._numbers)}"
        folder = process.folder.output / number
        await asyncio.to_thread(folder.mkdir)
        wants_preview = task.may_preview and self._previews.is_due(task.job_id)
        began = time.monotonic()
        with self._gpus.turn(process.gpu) as process.gpu:
            asked: dict[str, Any] = {"frame": task.frame, "folder": str(folder), "preview": wants_preview}
            own = {"gpu": process.gpu} if self._settings.gpu_slots else {}
            if task.part is not None:
                asked |= await asyncio.to_thread(_asked, task.part, folder.with_name(f"{number}-t"))
            try:
                told = await process.ask("render", task.seconds, **asked, **own)
                answer = await asyncio.to_thread(worker_answers.frame, told)
                await asyncio.to_thread(disk_room.check, self._settings.data)
            except (WorkFailed, OSError):
                await asyncio.to_thread(remove_tree, folder)  # what is of no use must not fill the disk
                raise
        if task.part is not None:
            await asyncio.to_thread(remove_tree, folder.with_name(f"{number}-t"))
        target = self._work / path_limits.work_name(task.job_id) / "f" / number
        passed = time.monotonic() - began
        seconds = min(answer.seconds, passed)
        rendered = await asyncio.to_thread(_taken, answer, seconds, folder, target)
        if wants_preview:
            self._previews.made(task.job_id, passed - seconds)
        return rendered

    # Processes

    async def _open(self, job_id: str, blend: Path) -> tuple[BlenderProcess, dict[str, Any]]:
        colors = await asyncio.to_thread(color_config.config_of, blend.parent)
        process = await (self._launcher.launch(colors) if colors else self._take_spare())
        try:
            await asyncio.to_thread(process.folder.lay_out, blend.parent)
            answer = await process.ask(
                "open",
                self._settings.open_seconds,
                path=str(process.folder.package / blend.name),
                package=str(process.folder.package),
                is_confined=self._launcher.trusts_names(),
                is_own=self._launcher.is_own,
                scripts=self._settings.allow_add_ons,
            )
            analysis = worker_answers.analysis(answer)
            log, scene = await process.log_of_answer(), str(analysis.get("scene", ""))
            process.load_report = await asyncio.to_thread(load_report.read, log, scene)
        except BaseException as error:
            if isinstance(error, WorkFailed):
                self._keep_log(process, job_id, "opening the file", error)
            await process.end()
            raise
        return process, {**analysis, "losses": list(process.load_report.notices)}

    async def _take_spare(self) -> BlenderProcess:
        spare, self._spare = self._spare, None
        if spare is not None:
            with contextlib.suppress(WorkFailed, OSError):  # of long ago, maybe; the next start shows whether it lasts
                process = await spare
                if process.is_alive:
                    return process
                await process.end()
        return await self._launcher.launch()

    def _keep_spare(self) -> None:
        """Start one Blender ahead of need, when no other one is at work."""
        if self._settings.prewarm and self._spare is None and not (self._taken or self._idle or self._warm):
            self._spare = asyncio.create_task(self._launcher.launch())

    async def _expire_warm(self, job_id: str) -> None:
        await asyncio.sleep(self._settings.keep_warm)
        del self._cooling[job_id]
        process = self._warm.pop(job_id, None)
        if process is not None:
            await process.end()

    def _take_warm(self, job_id: str) -> BlenderProcess | None:
        cooling = self._cooling.pop(job_id, None)
        if cooling is not None:
            cooling.cancel()
        return self._warm.pop(job_id, None)

    async def _cool_oldest(self) -> None:
        """Many validated files must not fill the memory with waiting Blenders."""
        while len(self._warm) > self._settings.workers + 1:
            oldest = self._take_warm(next(iter(self._warm)))
            if oldest is not None:
                await oldest.end()

    # Logs

    def _keep_log(self, process: BlenderProcess, job_id: str, doing: str, error: WorkFailed) -> None:
        path = self._logs.keep(job_id, doing, f"{process.log_tail()}\n{error.name}\n")
        _log.warning("Job %s, %s: %s (log: %s)", job_id, doing, error.name, path)


def _with_losses(final: dict[str, Any], process: BlenderProcess) -> dict[str, Any]:
    told = final.get("notices")
    return {**final, "notices": [*process.load_report.notices, *(told if isinstance(told, list) else [])]}


def _asked(part: Part, folder: Path) -> dict[str, Any]:
    """In the worker's words. folder: of its own, where it is shown the tiles."""
    if not part.tiles:
        return {"tile": (part.index, part.count)}
    folder.mkdir()
    shown = [folder / f"{index}.exr" for index in range(len(part.tiles))]
    for tile, place in zip(part.tiles, shown, strict=True):
        assert isinstance(tile, Path)  # what is in a bucket was fetched before
        taken_files.copy(tile, place, tile.stat().st_size)  # the worker may write there
    return {"tiles": list(map(str, shown))}


def _taken(answer: FrameAnswer, seconds: float, folder: Path, target: Path) -> Rendered:
    """The files that the worker has reported, moved out of its reach. Raises WorkFailed, OSError."""
    files = []
    try:
        for each in answer.files:
            path = target / each.relative_path
            take(folder, each.relative_path, path)
            if not path.stat().st_size:
                raise WorkFailed(f"Blender left {path.name} empty.", "empty_file")
            files.append(RenderedFile(path, each.relative_path, each.view, each.node, each.file_name or ""))
        preview = target / PREVIEW if answer.has_preview else None
        if preview is not None:
            take(folder, PREVIEW, preview)
    except NotAFile as error:
        raise WorkFailed("Blender reported a file that does not exist.", "bad_answer") from error
    finally:
        remove_tree(folder)
    names = None if answer.unreadable is None else tuple(answer.unreadable)
    return Rendered(target, tuple(files), seconds, preview, unreadable=names)
