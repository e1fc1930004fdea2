"""What *Help Render* counts on a node are the frames that the farm has taken, no others."""

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_late_answers import NODE, PICTURE

from farmhand.farm.cluster.attempts.attempt_routes import create_attempts_app
from farmhand.farm.cluster.attempts.attempts import Attempt, Attempts
from farmhand.farm.node.farm_link import AttemptLink, AttemptOver
from farmhand.farm.node.order_plugin import NodePlugin
from farmhand.farm.node.report import NodeReport
from farmhand.farm.render.backend import FrameTask, Package, Rendered, RenderedFile


def tile() -> bytes:
    """An OpenEXR file of one pixel, as a worker writes a part of a frame."""
    attributes = {
        b"channels": b"R\0" + struct.pack("<4i", 1, 0, 1, 1) + b"\0",
        b"compression": b"\3",
        b"dataWindow": struct.pack("<4i", 0, 0, 0, 0),
    }
    head = b"v/1\x01" + struct.pack("<I", 2)
    for name, value in attributes.items():
        head += name + b"\0kind\0" + struct.pack("<I", len(value)) + value
    return head + b"\0" + struct.pack("<Q", len(head) + 9) + struct.pack("<iI", 0, 2) + bytes(2)


class OneRender:
    """In place of a node's Blender: a frame that is rendered already. before_sending: what happens meanwhile."""

    def __init__(self, folder: Path, data: bytes, before_sending: Callable[[], object]) -> None:
        self._folder = folder
        self._data = data
        self._before_sending = before_sending

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._folder.mkdir()
        (self._folder / "0001.png").write_bytes(self._data)
        self._before_sending()
        file = RenderedFile(self._folder / "0001.png", "frames/0001.png", None, None)
        return Rendered(self._folder, (file,), 1.0, None)


def counted(folder: Path, part: list[int] | None = None, *, is_canceled: bool = False) -> tuple[int, bool]:
    """How many frames a node counts after it brought one, and whether the farm has it."""

    async def bring() -> tuple[int, bool]:
        (folder / "arriving").mkdir()
        attempts, report = Attempts(), NodeReport()
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        attempt = Attempt("job", 1, NODE, lambda: "", folder / "arriving", outcome, lambda _: None, lambda: None)
        attempts.add(attempt)
        backend: Any = OneRender(
            folder / "rendered", PICTURE if part is None else tile(), outcome.cancel if is_canceled else bool
        )
        plugin = NodePlugin(backend, None, None, report, folder)  # type: ignore[arg-type]
        order = {"job": "job", "frame": 1, "config": {}, "preview": False, "tellsStart": False}
        if part is not None:
            order |= {"part": part, "tiles": []}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_attempts_app(attempts))) as client:
            link = AttemptLink(client, client, f"http://farm/attempts/{attempt.secret}")
            try:
                await plugin._bring(link, order, Package("key", "blend", "scene.blend"))
            except AttemptOver:
                assert is_canceled
        return report.done, attempt.has_result

    return asyncio.run(bring())


def test_a_frame_that_the_farm_has_is_counted(tmp_path: Path) -> None:
    assert counted(tmp_path) == (1, True)


@pytest.mark.parametrize("case", ["canceled", "tile"])
def test_a_tile_and_a_frame_that_the_farm_does_not_take_are_not_counted(case: str, tmp_path: Path) -> None:
    is_canceled = case == "canceled"
    assert counted(tmp_path, None if is_canceled else [0, 4], is_canceled=is_canceled) == (0, not is_canceled)
