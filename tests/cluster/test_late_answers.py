"""What a node still sends of an attempt that ends meanwhile, as when its job is canceled, is answered 410."""

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
    digest = hashlib.sha256(PICTURE).hexdigest()
    file = {"relativePath": "frames/0001.png", "bytes": len(PICTURE), "sha256": digest}
    ending.attempt.tell_result(FrameResult.model_validate({"files": [file], "seconds": 1}))
    return await client.put("files/0", content=ending.halves(PICTURE[:3], PICTURE[3:]))


@pytest.mark.parametrize("send", [_report, _file])
def test_what_arrives_while_its_job_is_canceled_is_answered_and_kept_nowhere(
    send: Callable[..., Any], tmp_path: Path
) -> None:
    async def try_it() -> int:
        attempts, ending = Attempts(), Ending(tmp_path / "attempt")
        attempts.add(ending.attempt)
        transport = httpx.ASGITransport(create_attempts_app(attempts), raise_app_exceptions=False)
        base = f"http://farm/attempts/{ending.attempt.secret}/"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            response: httpx.Response = await send(client, ending)
            return response.status_code

    assert asyncio.run(try_it()) == GONE
    assert list(tmp_path.iterdir()) == []
