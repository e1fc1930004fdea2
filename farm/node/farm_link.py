"""The node's connection to the farm: HTTPS with the node's key, retried while the farm is away.

What comes from the farm and its bucket is limited: no cookies are kept, nothing is decompressed, no answer fills the
memory, nor a file the disk, and a bucket is not nearer to this computer than the farm is.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import itertools
import json
import logging
import math
import os
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from ...client.errors import Malformed
from ...client.network import link_targets
from ...client.network.http_clients import NoCookies
from ..objects.objects import CannotReach

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_TRIES_OUTSIDE = 5
"""With a bucket: a node that does not reach it leaves its frames to others."""
_PUT_SECONDS, _PUT_WAIT = 900.0, 5.0
"""A bucket that is away for a while costs no frame."""
_CHUNK = 1024 * 1024
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_ANSWER_BYTES = 32 * 1024 * 1024
"""The longest answer holds a signed request for each of 10,000 files."""
_KEEP_FREE = 256 * 1024 * 1024


class _Outside(Exception):
    """The bucket could not be reached, or refused a file."""


class AttemptOver(Exception):
    """The farm no longer waits for this attempt; drop it."""


class AnswerRefused(Exception):
    """The farm cannot use what was sent; sending it again would not help."""


class FarmLink:
    """host: where the farm is. context: made from the node's key file."""

    def __init__(self, host: str, context: ssl.SSLContext) -> None:
        self._host = f"[{host}]" if ":" in host else host
        self._peer = ""
        """The farm's IP address: the owner of its name may have that mean something else meanwhile."""
        self._client = _client(self._reached_farm, verify=context)
        self._outside = _client(self._reached_bucket)
        """For a bucket of the farm's, which is shown no key."""

    async def close(self) -> None:
        await self._client.aclose()
        await self._outside.aclose()

    def attempt(self, port: int, secret: str) -> AttemptLink:
        return AttemptLink(self._client, self._outside, f"https://{self._host}:{port}/attempts/{secret}")

    async def _reached_farm(self, peer: str) -> None:
        self._peer = peer

    async def _reached_bucket(self, peer: str) -> None:
        """Raises CannotReach: the farm may not send this node to such a computer, as a service may not (client)."""
        try:
            given_by = link_targets.with_peer(f"https://{self._host}", self._peer)
            await asyncio.to_thread(link_targets.check, peer, given_by)
        except Malformed as error:
            _log.error("The farm names a bucket at %s, which is nearer to this computer than the farm", peer)
            raise CannotReach(errno.EHOSTUNREACH, "its address is on the node's own network") from error


class AttemptLink:
    """Every call is retried until it succeeds. Raises AttemptOver, AnswerRefused."""

    def __init__(self, client: httpx.AsyncClient, outside: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._outside = outside
        self._url = url

    async def tell(self, what: str, body: dict[str, Any]) -> None:
        await self._patiently(lambda: _answer(self._client, "POST", f"{self._url}/{what}", json=body))

    async def announce(self, result: dict[str, Any]) -> list[Any]:
        """Report what was rendered. Returns for each file the request that puts it into the farm's bucket, if any."""
        puts: list[Any] = []

        async def tell() -> httpx.Response:
            response = await _answer(self._client, "POST", f"{self._url}/rendered", json=result)
            puts[:] = json.loads(response.content)["puts"] if response.is_success and response.content else []
            return response

        await self._patiently(tell)
        return puts

    async def put_in_bucket(self, number: int, path: Path, result: dict[str, Any], put: Any) -> None:
        """Put a file of an announced result into the bucket with the farm's signed request, and tell the farm.

        Args:
            number: of the file, in the order of the result.
            result: what was announced; it is announced again if the signature has expired.
            put: what the farm signed: `url` and `headers`.

        Raises:
            CannotReach: the bucket did not accept it in time.
            AttemptOver, AnswerRefused: the farm does not want it any more, or not like this.
        """
        deadline = time.monotonic() + _PUT_SECONDS
        is_first = True

        async def send() -> httpx.Response:
            nonlocal put, is_first
            if not is_first:  # the signature is valid for only minutes
                put = (await self.announce(result))[number]
            is_first = False
            try:
                headers = put["headers"]
                answer = await _answer(self._outside, "PUT", put["url"], content=_pieces(path), headers=headers)
            except httpx.TransportError as error:
                raise _Outside(type(error).__name__) from error
            if not answer.is_success:
                raise _Outside(f"the bucket answered {answer.status_code}")
            return await _answer(self._client, "POST", f"{self._url}/files/{number}/there")

        while True:
            try:
                return await self._patiently(send)
            except _Outside as error:
                _log.warning("A file is put into the bucket again (%s)", error)
                if time.monotonic() > deadline:
                    raise CannotReach(errno.EHOSTUNREACH, "the bucket takes no files from this node") from error
            await asyncio.sleep(_PUT_WAIT)

    async def send_file(self, number: int, path: Path, size: int) -> None:
        """Send a file of an announced result to the farm itself, however long that takes.

        Args:
            number: of the file, in the order of the result.
            path: of the local file.
            size: bytes, as announced.

        Raises:
            AttemptOver, AnswerRefused: the farm does not want it any more, or not like this.
        """
        headers = {"Content-Length": str(size)}
        url = f"{self._url}/files/{number}"
        await self._patiently(lambda: _answer(self._client, "PUT", url, content=_pieces(path), headers=headers))

    async def fetch_package(self, target: Path, sha256: str, size: int) -> None:
        """Download the package to this file; if its content is wrong, download it again.

        Args:
            target: the file to write.
            sha256: of the package.
            size: bytes; no more are written.

        Raises:
            AttemptOver: the farm does not want the frame any more.
            OSError: the disk is full, or (CannotReach) the bucket that the farm names does not answer.
        """
        await self._fetch("package", target, sha256, size)

    async def fetch_tile(self, number: int, target: Path, sha256: str) -> None:
        """Download a tile of a frame that is to be merged; if its content is wrong, download it again.

        Args:
            number: of the tile, as the order counts them.
            target: the file to write.
            sha256: of the tile.

        Raises:
            OSError: the disk is full, or (CannotReach) the bucket that the farm names does not answer.
            AttemptOver: the farm does not want the frame any more.
        """
        await self._fetch(f"tiles/{number}", target, sha256)

    async def _fetch(self, what: str, target: Path, sha256: str, size: float = math.inf) -> None:
        tries = itertools.count(1)

        async def fetch() -> httpx.Response:
            async with self._client.stream("GET", f"{self._url}/{what}") as response:
                if response.is_success:
                    _check(await _write(response, target, size), sha256)
                elif response.has_redirect_location:
                    try:
                        _log.info("%s comes from %s", what, httpx.URL(response.headers["Location"]).host)
                        response = await self._fetch_outside(response.headers["Location"], target, sha256, size)
                    except httpx.TransportError as error:
                        if next(tries) >= _TRIES_OUTSIDE:
                            raise CannotReach(errno.EHOSTUNREACH, "the bucket does not answer this node") from error
                        raise
            return response

        await self._patiently(fetch)

    async def _fetch_outside(self, link: str, target: Path, sha256: str, size: float) -> httpx.Response:
        """Download by a link that the farm has just given; if the bucket refuses it, ask the farm for a new one."""
        async with self._outside.stream("GET", link) as response:
            if not response.is_success:
                raise httpx.ReadError(f"the bucket answered {response.status_code}")
            _check(await _write(response, target, size), sha256)
            return response

    async def _patiently(self, send: Any) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                response = await send()
                if response.is_success:
                    return
                if response.status_code in (403, 404, 410):
                    raise AttemptOver
                if response.status_code < 500 and response.status_code != 400:
                    raise AnswerRefused(f"The farm answered {response.status_code}")
                problem = f"status {response.status_code}"
            except httpx.TransportError as error:
                problem = f"{type(error).__name__} {error}"
            _log.warning("The farm is tried again in %.0f seconds (%s)", wait, problem)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)


def _client(reached: Callable[[str], Awaitable[None]], **options: Any) -> httpx.AsyncClient:
    """reached: called with the IP address of each new connection, before anything is sent."""

    async def trace(event: str, what: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            stream = what["return_value"]
            try:
                peer = stream.get_extra_info("server_addr")
                if peer is None:
                    raise httpx.ConnectError("the connection was reset as soon as it was made")
                await reached(str(peer[0]))
            except BaseException:
                await stream.aclose()
                raise

    async def traced(request: httpx.Request) -> None:
        request.extensions = {**request.extensions, "trace": trace}

    return httpx.AsyncClient(
        timeout=_TIMEOUT,
        trust_env=False,
        cookies=NoCookies(),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [traced]},
        **options,
    )


async def _answer(client: httpx.AsyncClient, method: str, url: str, **what: Any) -> httpx.Response:
    """The answer with its body, as it was sent. Raises httpx.TransportError, also if it is too long."""
    body = bytearray()
    async with client.stream(method, url, **what) as response:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > _ANSWER_BYTES:
                raise httpx.ReadError("the answer is too long")
    return httpx.Response(response.status_code, content=bytes(body))


def _check(digest: str, sha256: str) -> None:
    """Raises httpx.ReadError, so that the file is downloaded again."""
    if digest != sha256:
        raise httpx.ReadError("the file is not the one that was announced")


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece


async def _write(response: httpx.Response, target: Path, size: float) -> str:
    """Write a body and return its SHA-256. size: its limit in bytes. Raises httpx.ReadError, OSError."""
    digest, received = hashlib.sha256(), 0
    with target.open("wb") as file:

        def write(piece: bytes) -> None:
            if shutil.disk_usage(target.parent).free < _KEEP_FREE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            digest.update(piece)
            file.write(piece)

        async for piece in response.aiter_raw(_CHUNK):
            received += len(piece)
            if received > size:
                raise httpx.ReadError("the file is longer than announced")
            await asyncio.to_thread(write, piece)
    return digest.hexdigest()
