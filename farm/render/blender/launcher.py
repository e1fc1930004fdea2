"""Starts render Blenders in the strongest confinement that works with this Blender on this system."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path

from ...confine import confinement, places
from ...confine.confinement import AUTO, OFF, REQUIRED, Level
from ...errors import CannotStart
from ...settings import FarmSettings
from ..backend import WorkFailed
from . import blender_process
from .blender_process import BlenderProcess, Limits, Start
from .process_folder import ProcessFolder

_log = logging.getLogger(__name__)
_NO_WAY = "This farm must confine its Blenders, and this computer offers no way to do it."


class Launcher:
    """work: where processes have their folders. The first start determines how they are confined.

    is_quiet: another launcher of the same farm logs how they are confined.
    """

    def __init__(
        self, settings: FarmSettings, work: Path, *, runs_python: bool = False, is_quiet: bool = False
    ) -> None:
        self._is_quiet = is_quiet
        self._settings = settings
        self._work = work
        self._runs_python = runs_python
        self._numbers = itertools.count(1)
        self._found: asyncio.Task[Start] | None = None
        self._first: list[BlenderProcess] = []

    async def launch(self, colors: Path | None = None) -> BlenderProcess:
        """colors: an OpenColorIO config to start with. Raises WorkFailed, OSError."""
        start = await self.choice()
        if colors is not None:
            start = replace(start, color_config=colors, readable=(*start.readable, colors.parent))
            return await BlenderProcess.start(start, self._folder())
        if self._first:
            return self._first.pop()
        return await BlenderProcess.start(start, self._folder())

    async def choice(self) -> Start:
        """How Blenders are started here. Raises WorkFailed, OSError; the next call then tries again."""
        if self._found is None or (self._found.done() and self._failed(self._found)):
            self._found = asyncio.create_task(self._choose(), name="finding a way to confine Blenders")
        return await asyncio.shield(self._found)

    @property
    def is_own(self) -> bool:
        """Whether all scenes are of the owner of this computer."""
        return self._settings.own_files or self._settings.allow_add_ons

    @property
    def level(self) -> Level | None:
        """The confinement that was chosen; None before that."""
        done = self._found is not None and self._found.done() and not self._failed(self._found)
        return self._found.result().level if done and self._found is not None else None

    def trusts_names(self) -> bool:
        """Whether a scene may read files by computed names: no other job's are visible, or all have one owner."""
        return self.is_own or (self.level is not None and self.level.hides_files)

    async def stop(self) -> None:
        if self._found is not None and not self._found.done():
            self._found.cancel()
            await asyncio.gather(self._found, return_exceptions=True)
        await self.end_first()

    async def end_first(self) -> None:
        """End the Blender that was started to try the confinement, unless a job has taken it."""
        while self._first:
            await self._first.pop().end()

    async def _choose(self) -> Start:
        """The first confinement with which Blender starts. That Blender is kept for the first job."""
        readable = await confinement.places_of(self._settings.blender, blender_process.WORKER)
        limits = Limits(self._settings.memory_bytes)
        start = Start(
            self._settings.blender,
            Level(OFF),
            readable,
            limits,
            self._runs_python,
            is_own=self.is_own,
            allow_add_ons=self._settings.allow_add_ons,
            uses_keeper=self._settings.uses_keeper,
        )
        problem: WorkFailed | None = None
        for level in await asyncio.to_thread(self._levels):
            try:
                process = await BlenderProcess.start(replace(start, level=level), self._folder())
            except WorkFailed as error:
                problem = problem or error
                _log.warning("Blender does not start with %s: %s", level.name, error.name)
                if error.type == "no_blender":
                    break
                continue
            if process.unprotected and self._settings.confine == REQUIRED:
                await process.end()
                problem = problem or WorkFailed(f"{level.name}: {process.unprotected}", "not_confined", is_final=True)
                continue
            self._first.append(process)
            if not self._is_quiet:
                self._tell(level, process.unprotected)
            return replace(start, level=level)
        raise problem or WorkFailed(_NO_WAY, "not_confined", is_final=True)

    def _levels(self) -> list[Level]:
        if self._settings.allow_add_ons:
            return [Level(OFF, "because scripts and add-ons may use all of their user's files")]
        if self._settings.own_files and self._settings.confine == AUTO and places.has_gpu():
            return [Level(OFF, "because GPU drivers may need more than a confined Blender is given")]
        return confinement.candidates(self._settings.confine)

    def _tell(self, level: Level, unprotected: str) -> None:
        sentence = level.sentence() + (f" Part of this does not work here: {unprotected}." if unprotected else "")
        if level.name != OFF and places.has_gpu():
            sentence += (
                " This was not tried on a GPU: if rendering on the GPU fails, start the farm with --confine off."
            )
        (_log.info if level.hides_files and not unprotected else _log.warning)("%s", sentence)
        print(sentence, file=sys.stderr, flush=True)

    def _failed(self, task: asyncio.Task[Start]) -> bool:
        return task.cancelled() or task.exception() is not None

    def _folder(self) -> ProcessFolder:
        shaders = self._work / "shaders" if self._settings.own_files else None
        return ProcessFolder(self._work / "b" / f"{os.getpid()}-{next(self._numbers)}", shaders)


async def ready(launcher: Launcher, settings: FarmSettings) -> None:
    """For a farm that requires confinement: fail at the start, not at the first job. Raises CannotStart."""
    if settings.confine != REQUIRED:
        return
    try:
        await launcher.choice()
    except (WorkFailed, OSError) as error:
        raise CannotStart(f"Render Blenders cannot be confined here: {error}") from error
