"""What a farm that is faulty or hostile, or its bucket, answers a node takes no memory, and the disk only so far."""

import asyncio
import contextlib
import gzip
import hashlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from waiting import PATIENCE, wait_until

from farmhand.farm.node.farm_link import AttemptLink, FarmLink
from farmhand.farm.objects.objects import CannotReach

_MEGA = 1024 * 1024
_HEAD = b"HTTP/1.1 %s\r\nSet-Cookie: id=%s; Path=/\r\n"


class Farm:
    """Answers each request with the same head and body. heads: of the requests. sent: bytes of bodies.

    length: after which it ends a body.
    """

    def __init__(self, head: bytes, piece: bytes, length: int) -> None:
        self._head, self._piece, self._length = head, piece, length
        self.heads: list[bytes] = []
        self.sent = 0

    @contextlib.asynccontextmanager
    async def link(self) -> AsyncIterator[AttemptLink]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        farm = self.farm = FarmLink("127.0.0.1", ssl.create_default_context())
        port = server.sockets[0].getsockname()[1]
        try:
            yield AttemptLink(farm._client, farm._outside, f"http://127.0.0.1:{port}/attempts/secret")
        finally:
            await farm.close()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.heads.append(head)
            writer.write(self._head + b"Connection: close\r\n\r\n")
            left = self._length
            while left > 0:
                writer.write(self._piece)
                await writer.drain()
                self.sent += len(self._piece)
                left -= len(self._piece)
        writer.close()


def run(farm: Farm, story: Callable[[AttemptLink], Awaitable[object]], until: Callable[[], bool]) -> None:
    """Until a condition is met, or the story ends."""

    async def told() -> None:
        async with farm.link() as link:
            telling = asyncio.ensure_future(story(link))
            waiting = asyncio.ensure_future(asyncio.to_thread(wait_until, until, "it is asked again"))
            await asyncio.wait({telling, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    asyncio.run(told())


@pytest.mark.parametrize("status", [b"200 OK", b"500 No"])
def test_an_endless_answer_is_not_read_into_memory(status: bytes) -> None:
    farm = Farm(_HEAD % (status, b"1"), bytes(_MEGA), 200 * _MEGA)
    run(farm, lambda link: link.tell("failed", {}), lambda: len(farm.heads) > 1)
    assert farm.sent < 100 * _MEGA


def test_a_compressed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(100 * _MEGA))
    farm = Farm(_HEAD % (b"200 OK", b"1") + b"Content-Encoding: gzip\r\n", packed, len(packed))
    told: list[object] = []

    async def story(link: AttemptLink) -> None:
        try:
            told.append(await link.announce({}))
        except ValueError as error:  # compressed bytes are no JSON
            told.append(len(str(error)))

    run(farm, story, lambda: bool(told))
    assert b"gzip" not in farm.heads[0]
    assert isinstance(told[0], int) and told[0] < 1000


def test_a_package_is_not_written_beyond_its_announced_length(tmp_path: Path) -> None:
    farm = Farm(_HEAD % (b"200 OK", b"1"), bytes(_MEGA), 200 * _MEGA)
    target = tmp_path / "archive"
    run(farm, lambda link: link.fetch_package(target, "0" * 64, 5 * _MEGA), lambda: len(farm.heads) > 1)
    assert farm.sent < 100 * _MEGA and target.stat().st_size <= 5 * _MEGA


def test_a_package_leaves_the_disk_some_room(tmp_path: Path, disk: Callable[[Path, str], None]) -> None:
    disk(tmp_path / "disk", "300m")
    farm = Farm(_HEAD % (b"200 OK", b"1"), bytes(_MEGA), 100 * _MEGA)
    told: list[int | None] = []

    async def story(link: AttemptLink) -> None:
        try:
            await link.fetch_package(tmp_path / "disk" / "archive", "0" * 64, 2**60)
        except OSError as error:
            told.append(error.errno)

    run(farm, story, lambda: bool(told))
    assert told == [28] and (tmp_path / "disk" / "archive").stat().st_size < 50 * _MEGA


@pytest.mark.parametrize(("farm_is_at", "is_reached"), [("127.0.0.1", True), ("203.0.113.5", False)])
def test_a_bucket_is_not_nearer_to_the_node_than_its_farm(tmp_path: Path, farm_is_at: str, is_reached: bool) -> None:
    """A service of this computer takes what programs of this computer send it."""
    path = tmp_path / "frame"
    path.write_bytes(b"picture")
    service = Farm(_HEAD % (b"200 OK", b"1"), b"", 0)

    async def told() -> None:
        async with service.link() as link:
            await service.farm._reached_farm(farm_is_at)
            put = {"url": link._url, "headers": {"Content-Length": "7", "X-Command": "do"}}
            sending = asyncio.ensure_future(link.put_in_bucket(0, path, {}, put))
            if is_reached:
                await sending
            else:
                with pytest.raises(CannotReach, match="own network"):
                    await sending

    asyncio.run(asyncio.wait_for(told(), PATIENCE))
    assert [b"X-Command" in head for head in service.heads] == [True, False][: 2 * is_reached]


def test_cookies_are_not_kept(tmp_path: Path) -> None:
    content = b"BLENDER"
    farm = Farm(_HEAD % (b"200 OK", b"1"), content, len(content))
    is_done: list[bool] = []

    async def story(link: AttemptLink) -> None:
        for name in ("one", "two"):
            await link.fetch_package(tmp_path / name, hashlib.sha256(content).hexdigest(), len(content))
        is_done.append(True)

    run(farm, story, lambda: bool(is_done))
    assert len(farm.heads) == 2 and not any(b"cookie" in head.lower() for head in farm.heads)


def test_a_connection_that_is_reset_at_once_is_made_again() -> None:
    """As when the farm starts anew, or has as many connections as it takes."""
    tries = 0
    resets = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

    def reset(listener: socket.socket) -> None:
        nonlocal tries
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                time.sleep(tries % 100 / 100_000)  # it is hit at different moments
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, resets)
                connection.close()
                tries += 1

    async def told() -> None:
        link = FarmLink("127.0.0.1", ssl.create_default_context())
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            threading.Thread(target=reset, args=(listener,), daemon=True).start()
            to_farm = AttemptLink(link._client, link._outside, f"http://127.0.0.1:{listener.getsockname()[1]}")
            telling = [asyncio.create_task(to_farm.tell("failed", {})) for _ in range(100)]
            ended = asyncio.ensure_future(asyncio.wait(telling, return_when=asyncio.FIRST_COMPLETED))
            await asyncio.to_thread(wait_until, lambda: tries > 300 or ended.done(), "they are tried again")
            assert not ended.done(), next(iter(ended.result()[0])).exception()
            for each in telling:
                each.cancel()
            await asyncio.gather(*telling, return_exceptions=True)
        await link.close()

    asyncio.run(told())
