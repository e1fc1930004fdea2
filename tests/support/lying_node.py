"""A node's key in the hands of somebody who does not play by the rules.

It registers as a node does, takes orders without a Blender, and answers what a test tells it to.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.security import Security
from waiting import PATIENCE

from farmhand.farm.cluster.certificates import client_context
from farmhand.farm.node.orders import PLUGIN

Answer = Callable[["Order"], Awaitable[None]]


class Order:
    """What the farm asked for, and where it takes files."""

    def __init__(self, order: dict[str, Any], context: ssl.SSLContext) -> None:
        self.order = order
        self._base = f"https://127.0.0.1:{order['port']}"
        self._client = httpx.AsyncClient(verify=context, trust_env=False, timeout=20)

    async def close(self) -> None:
        await self._client.aclose()

    async def tell(self, what: str, body: dict[str, Any], secret: str = "") -> int:
        response = await self._client.post(f"{self._base}/attempts/{secret or self.order['secret']}/{what}", json=body)
        return response.status_code

    async def put(self, number: int, content: Any, secret: str = "") -> int:
        place = f"{self._base}/attempts/{secret or self.order['secret']}/files/{number}"
        return (await self._client.put(place, content=content)).status_code


def result(name: str, content: bytes = b"picture", **changes: Any) -> dict[str, Any]:
    """What a node tells of a frame that is one file."""
    file = {"relativePath": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **changes}
    return {"files": [file], "seconds": 0.1}


class _Plugin(WorkerPlugin):
    name = PLUGIN

    def __init__(self, context: ssl.SSLContext, answer: Answer) -> None:
        self._context = context
        self._answer = answer

    async def carry_out(self, key: str, order: dict[str, Any]) -> None:
        asked = Order(order, self._context)
        try:
            await self._answer(asked)
        finally:
            await asked.close()

    async def end_job(self, job_id: str) -> None:
        return None


class LyingNode:
    """answer: called with every order, in the thread of the node's loop. A context manager."""

    def __init__(
        self,
        port: int,
        key: Path,
        answer: Answer,
        facts: dict[str, Any] | None = None,
        address: str = "tls://127.9.9.9:9999",
    ) -> None:
        self._address = address
        self._port = port
        self._key = key
        self._answer = answer
        self._facts = {"host": "liar", "system": "Linux", "slots": 1, "blender": "5.0.1", **(facts or {})}
        self._loop = asyncio.new_event_loop()
        self._joined = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> LyingNode:
        self._thread.start()
        assert self._joined.wait(PATIENCE), "the node has registered"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        async with Worker(
            f"tls://127.0.0.1:{self._port}",
            security=security(self._key),
            nthreads=4,
            host="127.0.0.1",
            contact_address=self._address,
            dashboard=False,
            memory_limit=0,
            local_directory=str(self._key.parent / "liar"),
            startup_information={"farmhand": lambda _: self._facts},
            plugins=(_Plugin(client_context(self._key), self._answer),),
        ):
            self._joined.set()
            await self._end.wait()


def security(key: Path) -> Security:
    pem = str(key)
    return Security(
        tls_ca_file=pem, tls_worker_cert=pem, tls_worker_key=pem, tls_client_cert=pem, tls_client_key=pem,
        require_encryption=True,
    )  # fmt: skip
