"""Bodies of API calls: read whole before a route sees them, bounded in size, time and nesting."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect

from ...client import files
from .. import plain_json
from ..errors import ApiError
from ..render.failures import DISK_IS_FULL

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
_SECONDS = 15.0
_TEXTS_AND_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


async def bounded(receive: Receive) -> Receive:
    """A `receive` that returns the body, which is already read. Raises ApiError (400, 408, 413)."""
    try:
        async with asyncio.timeout(_SECONDS):
            body = await _read(receive)
    except TimeoutError:
        raise ApiError(408, "too_slow", f"The request body did not arrive within {_SECONDS:.0f} seconds.") from None
    is_text = _is_utf8(body)
    if is_text and _is_too_deep(body):
        raise ApiError(400, "too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
    if not is_text or not _can_be_answered(body):
        raise ApiError(400, "not_json", "The body holds numbers or characters that JSON cannot carry.")
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


@contextlib.asynccontextmanager
async def received_into(temporary: Path) -> AsyncIterator[None]:
    """Turns errors while a body is written to a file into ApiError (400, 507), and removes the file."""
    try:
        yield
    except ClientDisconnect as error:
        raise ApiError(400, "incomplete", "The upload ended early: send the file again.") from error
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            raise ApiError(507, "disk_full", "The farm's disk is full.") from error
        raise
    finally:
        await asyncio.to_thread(files.remove, temporary, missing_ok=True)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ApiError(400, "incomplete", "The request ended early.")
        body += message.get("body", b"")
        if len(body) > MAX_BYTES:
            raise ApiError(413, "too_large", f"A request body may have at most {MAX_BYTES // 1024} KiB.")
        if not message.get("more_body"):
            return bytes(body)


def _is_utf8(body: bytes) -> bool:
    """Whether `json.loads` will take it for UTF-8, which the check of its depth reads.

    It recognizes UTF-16 and UTF-32 by bytes of 0, which JSON in UTF-8 never has.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


def _is_too_deep(body: bytes) -> bool:
    """Whether brackets are nested too deeply; those inside strings do not count."""
    depth = 0
    for bracket in _TEXTS_AND_BRACKETS.findall(body):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif bracket in b"]}":
            depth -= 1
    return False


def _can_be_answered(body: bytes) -> bool:
    """Whether the values of the body can be sent back as JSON; the route itself refuses a body that is not JSON."""
    try:
        value = json.loads(body or b"null")
    except ValueError:
        return True
    except RecursionError:
        return False
    return plain_json.can_be_sent(value)
