"""What a node still sends of an attempt that ends meanwhile, as when its job is canceled, is answered 410.

No more of it is written than what was announced, once, and what the disk has room for.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from farmhand.client import files
from farmhand.farm.cluster.attempts.attempt_routes import create_attempts_app
from farmhand.farm.cluster.attempts.attempts import Attempt, Attempts, FrameResult
from farmhand.farm.cluster.nodes import Node, NodeFacts

PICTURE = b"picture"
GONE = 410
NODE = Node("tls://127.0.0.1:1", "key", "node", NodeFacts(host="here", system="Linux", slots=1, blender="5.0.1"))


class Ending:
    """An attempt that is canceled between two halves of a request."""

    def __init__(self, folder: Path) -> None:
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.attempt = Attempt("job", 1, NODE, lambda: "", folder, outcome, lambda _: None, lambda: None)
        folder.mkdir()

    async def halves(self, first: bytes, second: bytes) -> AsyncIterator[bytes]:
        yield first
        await asyncio.sleep(0.1)
        self.attempt.outcome.cancel()
        files.remove_tree(self.attempt.folder)
        yield second


async def _report(client: httpx.AsyncClient, ending: Ending) -> httpx.Response:
    return await client.post("failed", content=ending.halves(b'{"name": "No.", ', b'"type": "crashed"}'))


async def _file(client: httpx.AsyncClient, ending: Ending) -> httpx.Response:
    _announced(ending.attempt, len(PICTURE))
    return await client.put("files/0", content=ending.halves(PICTURE[:3], PICTURE[3:]))


def _announced(attempt: Attempt, *sizes: int) -> None:
    digest = hashlib.sha256(PICTURE).hexdigest()
    named = enumerate(sizes)
    files = [{"relativePath": f"frames/0001.{number}", "bytes": size, "sha256": digest} for number, size in named]
    attempt.tell_result(FrameResult.model_validate({"files": files, "seconds": 1}))


def _client(attempt: Attempt) -> httpx.AsyncClient:
    attempts = Attempts()
    attempts.add(attempt)
    transport = httpx.ASGITransport(create_attempts_app(attempts), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://farm/attempts/{attempt.secret}/")


@pytest.mark.parametrize("send", [_report, _file])
def test_what_arrives_while_its_job_is_canceled_is_answered_and_kept_nowhere(
    send: Callable[..., Any], tmp_path: Path
) -> None:
    async def try_it() -> int:
        ending = Ending(tmp_path / "attempt")
        async with _client(ending.attempt) as client:
            response: httpx.Response = await send(client, ending)
            return response.status_code

    assert asyncio.run(try_it()) == GONE
    assert list(tmp_path.iterdir()) == []


def test_nothing_more_is_read_of_a_file_whose_attempt_has_ended(tmp_path: Path) -> None:
    """Its folder is removed, but the open file would take room until the last byte has come."""

    async def try_it() -> tuple[int, int]:
        ending, sent = Ending(tmp_path / "attempt"), 0
        _announced(ending.attempt, 1000)

        async def body() -> AsyncIterator[bytes]:
            nonlocal sent
            async for piece in ending.halves(b"x", b"x"):
                yield piece
            while sent < 900:
                sent += 1
                yield b"x"

        async with _client(ending.attempt) as client:
            return (await client.put("files/0", content=body())).status_code, sent

    status, sent = asyncio.run(try_it())
    assert status == GONE and sent < 10


def test_a_file_that_is_sent_again_ends_the_request_that_was_sending_it(tmp_path: Path) -> None:
    async def try_it() -> list[int]:
        ending, has_begun, is_sent = Ending(tmp_path / "attempt"), asyncio.Event(), asyncio.Event()
        _announced(ending.attempt, len(PICTURE), 1)

        async def slow() -> AsyncIterator[bytes]:
            yield PICTURE[:1]
            has_begun.set()
            await is_sent.wait()
            yield PICTURE[1:2]
            yield PICTURE[2:]

        async with _client(ending.attempt) as client:
            first = asyncio.create_task(client.put("files/0", content=slow()))
            await has_begun.wait()
            second = await client.put("files/0", content=PICTURE)
            is_sent.set()
            return [(await first).status_code, second.status_code]

    assert asyncio.run(try_it()) == [GONE, 200]


def test_what_several_nodes_send_at_once_leaves_the_disk_some_room(
    tmp_path: Path, disk: Callable[[Path, str], None]
) -> None:
    """Each of the files alone has room."""
    mega = 1024 * 1024
    disk(tmp_path / "disk", "300m")

    async def try_it() -> list[int]:
        ending, size = Ending(tmp_path / "disk" / "attempt"), 30 * mega
        _announced(ending.attempt, size, size, size)

        async def body() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield bytes(mega)
                await asyncio.sleep(0)

        async with _client(ending.attempt) as client:
            sending = [client.put(f"files/{number}", content=body()) for number in range(3)]
            return [each.status_code for each in await asyncio.gather(*sending)]

    assert 507 in asyncio.run(try_it())
