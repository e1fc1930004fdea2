"""A real farm whose engine paints its frames instead of starting Blenders: the service with all it does, in no time.

For tests of what happens around a render (faults, thousands of files). What a render is, tests/farm asks of Blender.

As a program: painting_farm.py SETTINGS (JSON), the fields of farm.settings.Settings.
"""

from __future__ import annotations

import asyncio
import functools
import json
import random
import struct
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from running_farm import RunningFarm
from slots_backend import SlotsBackend

from farmhand.farm import service
from farmhand.farm.render.backend import FrameTask, Package, Packages, Rendered, RenderedFile
from farmhand.farm.settings import FarmSettings
from farmhand.jobs.folder import path_limits

WIDTH, HEIGHT = 96, 54


def picture(frame: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """The PNG of a frame: noise of its own, so that no two are alike and none is black."""
    noise = random.Random(frame)
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))
    return png(width, height, rows)


def plain(color: tuple[int, int, int], width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """The PNG of a frame that is of one color."""
    return png(width, height, (b"\0" + bytes(color) * width) * height)


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG of filtered RGB rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Painter(SlotsBackend):
    """An engine; what it rendered stands in renders.log of the farm's folder: a job and a frame a line.

    words: seconds for one frame, width, height; as JSON the colors of plain frames, and the names of what some frames
    lack. The farm has no Blender.
    """

    def __init__(
        self, words: Sequence[str], settings: FarmSettings, work: Path, logs: Path, packages: Packages
    ) -> None:
        super().__init__(settings, work, packages)
        seconds, width, height, colors, lacking = words
        self._seconds = float(seconds)
        self._size = int(width), int(height)
        self._plain = {int(frame): tuple(color) for frame, color in json.loads(colors).items()}
        self._unreadable = {int(frame): tuple(names) for frame, names in json.loads(lacking).items()}

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        # The range of the scene “animated”, which is what tests send here from a real Blender.
        scene = {"name": "Scene", "frameStart": 1, "frameEnd": 5, "frameStep": 1, "camera": "Camera"}
        engine = {"engine": "CYCLES", "wholeBecause": ""}
        return {"blenderVersion": "5.0.1", "scene": "Scene", "scenes": [scene], **scene, **engine}

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._taken += 1
        try:
            started(task.config)
            await asyncio.sleep(self._seconds)
        finally:
            self._taken -= 1
            self._changed()
        return self._painted(task.job_id, task.frame)

    def _painted(self, job_id: str, frame: int) -> Rendered:
        folder = self._work / path_limits.work_name(job_id) / "f" / f"{frame}-{next(self._numbers)}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{frame:04d}.png"
        color = self._plain.get(frame)
        file.write_bytes(plain(color, *self._size) if color else picture(frame, *self._size))
        with self._log.open("a") as log:
            log.write(f"{job_id} {frame}\n")
        lacks = self._unreadable.get(frame)
        return Rendered(folder, (RenderedFile(file, file.name, None, None),), self._seconds, None, unreadable=lacks)

    async def release(self, job_id: str) -> None:
        return None


class PaintingFarm(RunningFarm):
    """seconds: for one frame. size: width and height of the frames. plain: frames of one color.

    unreadable: what is reported as such of some frames.
    """

    def __init__(
        self,
        data: Path,
        *,
        seconds: float = 0.0,
        size: tuple[int, int] = (WIDTH, HEIGHT),
        plain: Mapping[int, tuple[int, int, int]] = MappingProxyType({}),
        unreadable: Mapping[int, Sequence[str]] = MappingProxyType({}),
        **settings: Any,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        words = [str(seconds), *map(str, size), json.dumps(dict(plain)), json.dumps(dict(unreadable))]
        given = {"data": str(data), "words": words, "workers": 4, **settings}
        super().__init__(data, [], command=[sys.executable, __file__, json.dumps(given)])

    def renders(self, job_id: str) -> list[int]:
        """The frames that were rendered for a job, one entry for each time."""
        return [int(line.split()[1]) for line in self.log_lines() if line.startswith(job_id)]

    def log_lines(self) -> list[str]:
        log = self.data / "renders.log"
        return log.read_text().splitlines() if log.exists() else []


if __name__ == "__main__":
    chosen = json.loads(sys.argv[1])
    service.LocalBackend = functools.partial(Painter, chosen.pop("words"))  # type: ignore[assignment,misc]
    asyncio.run(service.serve(FarmSettings(**{**chosen, "data": Path(chosen["data"]), "blender": ()})))
