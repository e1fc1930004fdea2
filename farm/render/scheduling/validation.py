"""Validates jobs: a Blender opens the file and reports what is in it."""

from __future__ import annotations

from typing import Any

from ...state.job_status import VALIDATED
from ...state.records import JobRecord
from ...state.store import Store
from ..backend import Backend, WorkFailed
from ..job_files import JobFiles
from .shortages import Shortages
from .validation_turns import ValidationTurns

_AT_A_TIME = 2
"""A file that takes minutes to open must not keep the next one waiting. Each may fill the memory."""


class Validation:
    """shortages: pause a validation instead of failing it."""

    def __init__(self, store: Store, files: JobFiles, backend: Backend, shortages: Shortages) -> None:
        self._store = store
        self._files = files
        self._backend = backend
        self._shortages = shortages
        self._turns = ValidationTurns(_AT_A_TIME)

    async def of_job(self, job_id: str) -> WorkFailed | None:
        """Validate a job in its workspace's turn and keep its analysis. Returns why it cannot be rendered.

        It has no turn during a shortage: a package that needs more than is free must not keep others waiting.
        """
        analysis: dict[str, Any] = {}
        failure = await self._shortages.outlast(lambda: self._take_and_analyze(job_id, analysis))
        if failure is None:  # on a full disk, the file need not be opened again
            await self._shortages.written(lambda: self._store.move(job_id, VALIDATED, analysis=analysis))
        return failure

    async def _take_and_analyze(self, job_id: str, analysis: dict[str, Any]) -> None:
        job = self._store.get(job_id)
        async with self._turns.turn(job.workspace_id):
            await self._files.take(job)
            analysis |= await self._analyze(job)

    async def _analyze(self, job: JobRecord) -> dict[str, Any]:
        """A Blender that crashes while it opens a file gets a second chance."""
        package = self._files.package(job)

        def waits_for(what: str) -> None:
            self._store.waits_for[job.id] = what

        try:
            return await self._backend.analyze(job.id, package, waits_for)
        except WorkFailed as error:
            if error.type != "crashed":
                raise
            return await self._backend.analyze(job.id, package, waits_for)
