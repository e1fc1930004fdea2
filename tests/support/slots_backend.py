"""What farm backends of tests share: a number of slots, and no Blender that would have to be ready."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from farmhand.farm.render.backend import Needs, Packages
from farmhand.farm.settings import FarmSettings


class SlotsBackend:
    """renders.log in the farm's folder is for a line of each rendered frame."""

    directory = None

    def __init__(self, settings: FarmSettings, work: Path, packages: Packages) -> None:
        self._slots = settings.workers
        self._taken = 0
        self._packages = packages
        self._numbers = itertools.count()
        self._work = work
        self._log = settings.data / "renders.log"

    async def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    async def stop(self) -> None:
        return None

    def has_room(self, needs: Needs) -> bool:
        return self._taken < self._slots

    def capacity(self) -> int:
        return self._slots

    def ready_jobs(self) -> tuple[str, ...]:
        return ()

    def waits_for(self, needs: Needs) -> str:
        return ""
