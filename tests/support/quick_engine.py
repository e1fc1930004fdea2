"""A real farm that starts in no time, paints its frames in no time, and may be killed at any moment.

Its pictures are made of the package's own bytes: a frame that is right also shows that the package came whole.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import multiprocessing
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from painting_farm import png
from running_farm import API, RunningFarm
from slots_backend import SlotsBackend
from sudden_death import die_at
from waiting import PATIENCE, wait_until

from farmhand.farm import service
from farmhand.farm.render.backend import FrameTask, Package, Packages, Rendered, RenderedFile, WorkFailed
from farmhand.farm.settings import FarmSettings
from farmhand.jobs.folder import path_limits

SLOTS = 4
QUICK_PROCESS = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    QUICK_PROCESS.set_forkserver_preload(
        ["farmhand.farm.service", "farmhand.farm.web.page_routes", "farmhand.courier.daemon.supervisor", "httpx"]
    )


def package(
    number: int,
    *,
    seconds: float = 0.0,
    size: tuple[int, int] = (64, 36),
    failing_frame: int = 0,
    shortages: Sequence[int] = (),
) -> bytes:
    """Something to upload that tells this engine what to do; the number makes it one of its kind.

    seconds: for one frame. failing_frame: cannot be rendered; 0 for none.
    shortages: error numbers of the system that the first frames meet, one each.
    """
    words = {
        "number": number, "seconds": seconds, "size": size, "failing_frame": failing_frame, "shortages": shortages,
    }  # fmt: skip
    return json.dumps(words).encode().ljust(2000 + 40_000 * (number % 3))


@functools.lru_cache(maxsize=64)
def picture(scene: bytes, frame: int) -> bytes:
    """The PNG that a frame of this package is: noise, so that no two are alike and none is black."""
    width, height = json.loads(scene)["size"]
    noise = random.Random(scene + str(frame).encode())
    return png(width, height, b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height)))


class QuickEngine(SlotsBackend):
    """renders.log in the farm's folder has a line for each rendered frame: the package's checksum, the frame."""

    def __init__(self, settings: FarmSettings, work: Path, logs: Path, packages: Packages) -> None:
        super().__init__(settings, work, packages)
        self._scenes: dict[str, bytes] = {}
        self._shortages: dict[str, list[int]] = {}

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        scene = await self._scene(job_id, package)
        return {"frameStart": 1, "frameEnd": 1, "frameStep": 1, "package": _digest(scene)}

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._taken += 1
        try:
            if task.job_id not in self._scenes:
                self._scenes[task.job_id] = await self._scene(task.job_id, task.package)
            started(task.config)
            return await self._rendered(task.job_id, task.frame)
        finally:
            self._taken -= 1
            self._changed()

    async def _scene(self, job_id: str, package: Package) -> bytes:
        blend = await self._packages.blend(job_id, package)
        return await asyncio.to_thread(blend.read_bytes)

    async def _rendered(self, job_id: str, frame: int) -> Rendered:
        scene = self._scenes[job_id]
        words = json.loads(scene)
        await asyncio.sleep(words["seconds"])
        met = self._shortages.setdefault(job_id, list(words["shortages"]))
        if met:
            raise OSError(met.pop(), "there is none")
        if frame == words["failing_frame"]:
            raise WorkFailed("This frame cannot be rendered.", "test", is_final=True)
        folder = self._work / path_limits.work_name(job_id) / "f" / f"{frame}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        file = folder / f"{frame:04d}.png"
        file.write_bytes(picture(scene, frame))
        with self._log.open("a") as log:
            log.write(f"{_digest(scene)} {frame}\n")
        return Rendered(folder, (RenderedFile(file, file.name, None, None),), words["seconds"], None)

    async def release(self, job_id: str) -> None:
        self._scenes.pop(job_id, None)


class QuickFarm(RunningFarm):
    """A farm with this engine. `start` may be given a moment to die at, and then it may be dead before it listens."""

    def __init__(self, data: Path, **settings: Any) -> None:
        data.mkdir(parents=True)
        self.data = data
        self._settings = settings
        self.api = httpx.Client()  # until the farm has said where it listens
        self.start()

    def start(self, dies_at: int = 0) -> None:
        (self.data / "access.json").unlink(missing_ok=True)
        self._farm = QUICK_PROCESS.Process(target=_serve, args=(self.data, dies_at, self._settings), daemon=True)
        self._farm.start()
        wait_until(lambda: self._listens() or (dies_at > 0 and not self.is_alive), "the farm listens")
        if not (self.data / "access.json").exists():
            return
        access = json.loads((self.data / "access.json").read_text())
        self.url, self.token = access["url"], access["token"]
        self.api.close()
        headers = {"Authorization": f"Bearer {self.token}"}
        self.api = httpx.Client(base_url=self.url + API, headers=headers, timeout=30, trust_env=False)

    @property
    def is_alive(self) -> bool:
        return bool(self._farm.is_alive())

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def jobs_of(self, scene: bytes) -> list[dict[str, Any]]:
        """The jobs among the newest 200 that were made of a package and looked into, whatever became of them."""
        mark = _digest(scene)
        jobs = self.api.get("/jobs", params={"pageSize": 200}).raise_for_status().json()["jobs"]
        return [job for job in jobs if (job["analysis"] or {}).get("package") == mark]

    def renders(self, scene: bytes) -> list[int]:
        """The frames that were rendered of a package, one entry for each time."""
        log = self.data / "renders.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [int(frame) for mark, _, frame in (line.partition(" ") for line in lines) if mark == _digest(scene)]

    def log(self) -> str:
        return (self.data / "farm.log").read_text()

    def kill(self) -> None:
        self.api.close()
        self._farm.kill()
        self._farm.join(PATIENCE)

    def stop(self) -> int:
        self.api.close()
        self._farm.terminate()
        self._farm.join(PATIENCE)
        return self._farm.exitcode or 0

    def _listens(self) -> bool:
        return (self.data / "access.json").exists()


def _serve(data: Path, dies_at: int, settings: dict[str, Any]) -> None:
    """The farm's process."""
    logging.basicConfig(filename=data / "farm.log", level=logging.WARNING)
    service.LocalBackend = QuickEngine  # type: ignore[assignment,misc]
    if dies_at:
        die_at(dies_at)
    asyncio.run(service.serve(FarmSettings(data, (), **{"workers": SLOTS, "shortage_seconds": 0.5, **settings})))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
