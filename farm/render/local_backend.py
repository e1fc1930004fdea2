"""Renders on this machine with warm Blender processes: each loads a file once and renders the frames it is handed.

The process that validated a file waits with it and renders its frames.  A job never sees the process of another job.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..settings import FarmSettings
from . import color_config, load_report
from .backend import Rendered, RenderedFile, WorkFailed
from .blender_process import BlenderProcess

_log = logging.getLogger(__name__)
_PREVIEW_SECONDS = 2.0
_PREVIEW_SHARE = 20.0
_CONFIGURE_SECONDS = 300.0


@dataclass
class _Slot:
    """A slot's process with the job it works for."""

    job_id: str
    process: BlenderProcess
    final: dict[str, Any]


@dataclass
class _PreviewClock:
    """Lets previews take at most a small share of a job's time."""

    next: float = 0.0
    numbers: itertools.count[int] = field(default_factory=itertools.count)


class LocalBackend:
    """work: where jobs and processes have their temporary folders.  logs: where logs of failed work are kept."""

    def __init__(self, settings: FarmSettings, work: Path, logs: Path) -> None:
        self.slots = settings.workers
        self._settings = settings
        self._work = work
        self._logs = logs
        self._spare: asyncio.Task[BlenderProcess] | None = None
        self._warm: dict[str, BlenderProcess] = {}
        self._cooling: dict[str, asyncio.Task[None]] = {}
        self._hands: dict[int, _Slot] = {}
        self._previews: dict[str, _PreviewClock] = {}
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        shutil.rmtree(self._work / "blender", ignore_errors=True)
        self._keep_spare()

    async def stop(self) -> None:
        if self._spare is not None:
            self._spare.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkFailed):
                await (await self._spare).end()
        for cooling in self._cooling.values():
            cooling.cancel()
        processes = [*self._warm.values(), *(hand.process for hand in self._hands.values())]
        self._warm.clear()
        self._hands.clear()
        await asyncio.gather(*(process.end() for process in processes))

    async def analyze(self, job_id: str, blend: Path) -> dict[str, Any]:
        process, analysis = await self._open(job_id, blend)
        self._warm[job_id] = process
        self._cooling[job_id] = asyncio.create_task(self._expire_warm(job_id))
        await self._cool_oldest()
        return analysis

    async def prepare(self, slot: int, job_id: str, blend: Path, config: dict[str, Any]) -> dict[str, Any]:
        hand = self._hands.get(slot)
        if hand and hand.job_id == job_id and hand.process.is_alive:
            return hand.final
        await self._empty(slot)
        process = self._take_warm(job_id)
        if process is None or not process.is_alive:
            process, _ = await self._open(job_id, blend)
        try:
            process.load_report.demand_engine(config)
            answer = await process.ask("configure", _CONFIGURE_SECONDS, config=config)
        except BaseException:
            await process.end()
            raise
        final = answer["finalConfig"]
        final["notices"] = [*process.load_report.notices, *final["notices"]]
        self._hands[slot] = _Slot(job_id, process, final)
        return self._hands[slot].final

    async def render(self, slot: int, job_id: str, frame: int) -> Rendered:
        process = self._hands[slot].process
        folder = self._work / "jobs" / job_id / "frames" / f"{frame}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        preview = self._preview_due(job_id)
        started = time.monotonic()
        try:
            answer = await process.ask(
                "render", self._settings.frame_seconds, frame=frame, folder=str(folder), preview=preview
            )
        except WorkFailed as error:
            self._keep_log(process, job_id, f"frame {frame}", error)
            if not process.is_alive:
                await self._empty(slot)
            raise
        if preview:
            self._preview_made(job_id, time.monotonic() - started - answer["seconds"])
        files = tuple(
            RenderedFile(Path(each["path"]), each["relativePath"], each["view"], each["node"])
            for each in answer["files"]
        )
        made = answer["preview"]
        return Rendered(folder, files, answer["seconds"], Path(made) if made else None)

    async def release(self, job_id: str) -> None:
        slots = [slot for slot, hand in self._hands.items() if hand.job_id == job_id]
        processes = [self._hands.pop(slot).process for slot in slots]
        warm = self._take_warm(job_id)
        if warm is not None:
            processes.append(warm)
        self._previews.pop(job_id, None)
        await asyncio.gather(*(process.end() for process in processes))
        self._keep_spare()

    # Processes

    async def _open(self, job_id: str, blend: Path) -> tuple[BlenderProcess, dict[str, Any]]:
        colors = color_config.config_of(blend.parent)
        process = await (self._launch(colors) if colors else self._take_spare())
        try:
            answer = await process.ask(
                "open", self._settings.open_seconds, path=str(blend), scripts=self._settings.allow_add_ons
            )
        except BaseException as error:
            if isinstance(error, WorkFailed):
                self._keep_log(process, job_id, "opening the file", error)
            await process.end()
            raise
        analysis = answer["analysis"]
        process.load_report = load_report.read(process.log_tail(load_report.LOG_BYTES), analysis["scene"])
        return process, {**analysis, "losses": list(process.load_report.notices)}

    async def _take_spare(self) -> BlenderProcess:
        spare, self._spare = self._spare, None
        if spare is not None:
            with contextlib.suppress(WorkFailed):
                process = await spare
                if process.is_alive:
                    return process
                await process.end()
        return await self._launch()

    async def _launch(self, colors: Path | None = None) -> BlenderProcess:
        return await BlenderProcess.start(
            self._settings.blender,
            self._work / "blender",
            self._settings.memory_bytes,
            colors,
            allow_add_ons=self._settings.allow_add_ons,
        )

    def _keep_spare(self) -> None:
        """Start one Blender ahead of need, when no other one is at work."""
        if self._settings.prewarm and self._spare is None and not self._hands and not self._warm:
            self._spare = asyncio.create_task(self._launch())

    async def _empty(self, slot: int) -> None:
        hand = self._hands.pop(slot, None)
        if hand is not None:
            await hand.process.end()

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
        while len(self._warm) > self.slots + 1:
            oldest = self._take_warm(next(iter(self._warm)))
            if oldest is not None:
                await oldest.end()

    # Previews and logs

    def _preview_due(self, job_id: str) -> str | None:
        clock = self._previews.setdefault(job_id, _PreviewClock())
        if time.monotonic() < clock.next:
            return None
        return str(self._work / "jobs" / job_id / f"preview-{next(clock.numbers)}.png")

    def _preview_made(self, job_id: str, seconds: float) -> None:
        clock = self._previews.setdefault(job_id, _PreviewClock())
        clock.next = time.monotonic() + max(_PREVIEW_SECONDS, _PREVIEW_SHARE * seconds)

    def _keep_log(self, process: BlenderProcess, job_id: str, doing: str, error: WorkFailed) -> None:
        folder = self._logs / job_id
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{doing.replace(' ', '_')}-{next(self._numbers)}.log"
        path.write_text(process.log_tail() + f"\n{error.name}\n", encoding="utf-8")
        _log.warning("Job %s, %s: %s (log: %s)", job_id, doing, error.name, path)
