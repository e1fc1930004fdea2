"""A proxy in front of a service that breaks what passes through it, as networks and servers do.

It speaks HTTP/1.1 enough to tell requests apart: a fault strikes a request whose "METHOD /path" matches its pattern.
Links in answers lead through it as well, because the service sees the proxy's own address as the host.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field

from waiting import PATIENCE

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"
MIDDLE = -1.0
"""As the value of "corrupted": the byte in the middle of the body."""
TRICKLE_BYTES = 400
WAITS = "#waits"
BAD_LINKS = ("forged", "rewritten")


@dataclass
class Fault:
    """What goes wrong.

    kind: see `_strike` and `_spoil`. where: pattern for "METHOD /path"; of several, the last one is struck, once a
    request has come for each of the others. times: how often it strikes, -1 for ever.
    value: a status, seconds, or bytes after which it strikes. every: only each so-manyth matching request is struck.
    rewrite: makes another first line of the request's, for "rewritten". struck_at: where in the proxy's list of
    requests the first one is that was struck. is_holding: it holds a request or an answer back, or did.
    is_through: all of the answer that it slowed down went out.
    """

    kind: str
    where: str | tuple[str, ...]
    times: int = 1
    value: float = 0.0
    every: int = 1
    rewrite: Callable[[str], str] = str
    struck: int = 0
    struck_at: int = -1
    seen: int = 0
    is_holding: bool = False
    is_through: bool = False

    def takes(self, line: str) -> bool:
        """Whether this request is struck; counts."""
        if isinstance(self.where, tuple) and len(self.where) > 1:
            if re.search(self.where[0], line):
                self.where = self.where[1:]
            return False
        where = self.where if isinstance(self.where, str) else self.where[0]
        if self.struck == self.times or not re.search(where, line):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.struck += 1
        return True


@dataclass
class Head:
    """A message's first line and headers."""

    first: str
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        text = self.headers.get("content-length")
        return int(text) if text and text.isdigit() else None

    def wire(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1")


@dataclass
class FaultProxy:
    """seen: the first line of every request, without the version, and WAITS where the answer may wait.

    seen_at: when it came (monotonic seconds). bytes_down: bodies sent to the client. removes: headers of requests that
    do not get through, in lower case.
    """

    target_port: int
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    bytes_down: int = 0
    removes: tuple[str, ...] = ()
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/external/v1"

    def add(
        self,
        kind: str,
        where: str | tuple[str, ...],
        *,
        times: int = 1,
        value: float = 0.0,
        every: int = 1,
        rewrite: Callable[[str], str] = str,
    ) -> Fault:
        fault = Fault(kind, where, times, value, every, rewrite)
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        self.faults.clear()
        self.seen.clear()
        self.seen_at.clear()
        self.bytes_down = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)  # else nobody holds a task whose client is gone
        try:
            while (head := await _read_head(reader)) is not None:
                if not await self._pass(head, reader, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _pass(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection may be used again."""
        line = head.first.rpartition(" ")[0] + (WAITS if "prefer" in head.headers else "")
        self.seen.append(line)
        self.seen_at.append(time.monotonic())
        fault = next((one for one in self.faults if one.takes(line)), None)
        if fault is not None and fault.struck_at < 0:
            fault.struck_at = len(self.seen) - 1
        body = reader if head.length else None
        if fault is not None and await _strike(fault, head, body, writer):
            return False
        if fault is not None and fault.kind == "forged":
            head = Head(head.first.replace("signature=", "signature=00"), head.headers)
        if fault is not None:
            head = Head(fault.rewrite(head.first), head.headers)
        if fault is not None and fault.kind in BAD_LINKS:  # refused by its head alone, and then it takes no body
            await _swallow(body, head)
            body = None
        return await self._exchange(head, body, writer, fault)

    async def _exchange(
        self, head: Head, body: asyncio.StreamReader | None, writer: asyncio.StreamWriter, fault: Fault | None
    ) -> bool:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return False
        try:
            passed = {name: value for name, value in head.headers.items() if name not in self.removes}
            back.write(Head(head.first, {**passed, "connection": "close"}).wire())
            if body is not None:
                await _copy(body, back, head.length or 0)
            await back.drain()
            answer = await _read_head(there)
            if answer is None:
                return False
            answer.headers.pop("connection", None)
            if fault is not None and fault.kind == "answer_late":
                fault.is_holding = True
                await asyncio.sleep(fault.value)
            if fault is not None and fault.kind == "answer_lost":
                await there.read()
                writer.transport.abort()
                return False
            return await self._answer(answer, there, writer, fault)
        finally:
            back.close()

    async def _answer(
        self, answer: Head, there: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None
    ) -> bool:
        length = answer.length
        if fault is not None and fault.kind == "trickle":
            return await _trickle(fault, answer, await there.readexactly(length or 0), writer)
        writer.write(answer.wire())
        left = length if length is not None else 1 << 60
        sent = 0
        while left and (piece := await there.read(min(left, 65536))):
            left -= len(piece)
            self.bytes_down += len(piece)
            if fault is not None:
                piece, goes_on = await _spoil(fault, piece, sent, length or 0, writer)
                if not goes_on:
                    return False
            sent += len(piece)
            writer.write(piece)
            await writer.drain()
        return length is not None and not left


async def _strike(fault: Fault, head: Head, body: asyncio.StreamReader | None, writer: asyncio.StreamWriter) -> bool:
    """Faults that answer in the service's place, or do not answer; whether this was one."""
    kind = fault.kind
    if kind == "latency":
        fault.is_holding = True
        await asyncio.sleep(fault.value)
        return False
    if kind == "reset":
        writer.transport.abort()
    elif kind == "half_close":
        writer.write_eof()
        await asyncio.sleep(fault.value)
    elif kind == "black_hole":
        await asyncio.sleep(fault.value)
    elif kind == "upload_cut" and body is not None:
        await body.readexactly(min(int(fault.value), head.length or 0))
        writer.transport.abort()
    elif kind == "status":
        await _swallow(body, head)
        await _say(writer, int(fault.value), b'{"error": {"code": "struck", "message": "The fault proxy says no."}}')
    elif kind == "retry_after":
        await _swallow(body, head)
        await _say(writer, 429, b"{}", extra=f"Retry-After: {fault.value:g}\r\n")
    elif kind == "closed":
        await _swallow(body, head)
        await _say(writer, 503, b"{}", extra=f"Retry-After: {fault.value:g}\r\n")
    elif kind == "page":
        await _swallow(body, head)
        await _say(writer, 200, PAGE, kind="text/html")
    elif kind == "not_json":
        await _swallow(body, head)
        await _say(writer, 200, b'{"id": ')
    elif kind == "other_json":
        await _swallow(body, head)
        await _say(writer, 200, b'{"surprise": true}')
    else:
        return False
    return True


async def _spoil(
    fault: Fault, piece: bytes, sent: int, length: int, writer: asyncio.StreamWriter
) -> tuple[bytes, bool]:
    """Faults in the answer's body: the piece as it goes out, and whether more follows."""
    at = (length // 2 if fault.value == MIDDLE else int(fault.value)) - sent
    if fault.kind == "truncated" and at < len(piece):
        writer.write(piece[: max(0, at)])
        await writer.drain()
        return b"", False
    if fault.kind == "corrupted" and 0 <= at < len(piece):
        return piece[:at] + bytes([piece[at] ^ 0xFF]) + piece[at + 1 :], True
    if fault.kind == "drip":
        for start in range(0, len(piece), 4096):
            writer.write(piece[start : start + 4096])
            await writer.drain()
            await asyncio.sleep(fault.value)
        return b"", True
    return piece, True


async def _trickle(fault: Fault, answer: Head, body: bytes, writer: asyncio.StreamWriter) -> bool:
    """An answer so slow that nobody should wait for its end; a short one is made long with spaces."""
    body = body.ljust(TRICKLE_BYTES)
    answer.headers["content-length"] = str(len(body))
    writer.write(answer.wire())
    for start in range(0, len(body), 4):
        writer.write(body[start : start + 4])
        await writer.drain()
        await asyncio.sleep(fault.value)
    fault.is_through = True
    return False


async def _say(
    writer: asyncio.StreamWriter, status: int, body: bytes, *, kind: str = "application/json", extra: str = ""
) -> None:
    head = f"HTTP/1.1 {status} Struck\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def _swallow(body: asyncio.StreamReader | None, head: Head) -> None:
    left = head.length or 0
    while body is not None and left and (piece := await body.read(min(left, 65536))):
        left -= len(piece)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, count: int) -> None:
    while count and (piece := await source.read(min(count, 65536))):
        count -= len(piece)
        target.write(piece)
        await target.drain()


async def _read_head(reader: asyncio.StreamReader) -> Head | None:
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = text.rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(first, {name.lower(): value.strip() for name, _, value in pairs})


@contextlib.contextmanager
def fault_proxy(target_port: int) -> Iterator[FaultProxy]:
    """A proxy on a free port, in a thread of its own."""
    proxy = FaultProxy(target_port)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    ended = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 20)
        proxy.port = server.sockets[0].getsockname()[1]
        started.set()
        await ended.wait()
        server.close()
        for one in asyncio.all_tasks() - {asyncio.current_task()}:
            one.cancel()
        await asyncio.sleep(0.05)

    thread = threading.Thread(target=_run, args=(loop, run()), name="fault proxy", daemon=True)
    thread.start()
    started.wait(PATIENCE)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
