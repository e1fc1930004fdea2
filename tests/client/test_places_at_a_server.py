"""Which connection makes room for the next when all places of a server are taken."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from farmhand.client.network import http_server

SIZE = 4 * 1024 * 1024
Message = MutableMapping[str, Any]


class SlowDisk:
    """An application that takes the first piece of a body and is busy with it until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        message = await receive()
        await self.may_go_on.wait()
        while message.get("more_body"):
            message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def upload_while_others_come() -> bytes:
    """The first line of the answer to an upload to a slow disk, during which others take all places."""
    disk = SlowDisk()
    server = uvicorn.Server(http_server.config(disk, http_server.bounded(2)))
    listener = http_server.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % SIZE + bytes(SIZE))
    await asyncio.sleep(0.3)
    others = []
    for _ in range(3):
        others.append(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(0.1)
    disk.may_go_on.set()
    try:
        return await asyncio.wait_for(reader.readline(), 10)
    except ConnectionError:
        return b""
    finally:
        for _, each in (*others, (reader, writer)):
            each.close()
        server.should_exit = True
        await serving


def test_an_upload_that_waits_for_a_slow_disk_keeps_its_place() -> None:
    assert asyncio.run(upload_while_others_come()).startswith(b"HTTP/1.1 200")
