"""Where nodes fetch packages and deliver frames: HTTPS for holders of a node's key, one secret link for each attempt.

Every request may be repeated: the first complete one counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ....client import files
from ...api import bodies
from ...errors import ApiError
from ...objects.objects import CannotReach
from ...render.backend import WorkFailed
from ...render.blender import worker_answers
from .attempts import Attempt, Attempts, ResultRefused
from .sent_files import FrameResult, SentFile, SentPreview

_GONE = 410
_WRITE_AT_ONCE = 4 * 1024 * 1024
_FILE_BYTES = 64 * 1024**3
_KEEP_FREE = 256 * 1024**2


def create_attempts_app(attempts: Attempts) -> Starlette:
    """The application; TLS decides who may connect."""
    handlers = _AttemptRoutes(attempts)
    place = "/attempts/{secret}"
    routes = [
        Route(f"{place}/package", handlers.package, methods=["GET"]),
        Route(f"{place}/tiles/{{number:int}}", handlers.tile, methods=["GET"]),
        Route(f"{place}/{{what:str}}", handlers.tell, methods=["POST"]),
        Route(f"{place}/files/{{number:int}}", handlers.file, methods=["PUT"]),
        Route(f"{place}/files/{{number:int}}/there", handlers.there, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={ApiError: _answer})


class _AttemptRoutes:
    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def package(self, request: Request) -> Response:
        return _given(self._attempt(request).archive())

    async def tile(self, request: Request) -> Response:
        tiles, number = self._attempt(request).tiles, request.path_params["number"]
        if number >= len(tiles):
            raise ApiError(404, "not_found", "There is no such place.")
        return _given(tiles[number]())

    async def tell(self, request: Request) -> Response:
        """A node's short reports: started, rendered, analyzed or failed."""
        self._attempt(request)
        body = await _json(request)
        attempt = self._attempt(request)  # its job may have been canceled meanwhile
        what = request.path_params["what"]
        try:
            self._told(attempt, what, body)
        except (ValidationError, WorkFailed, ResultRefused) as error:
            raise ApiError(422, "strange_answer", f"The farm cannot use this answer ({error}).") from error
        if what == "rendered" and attempt.arrivals is not None and attempt.result is not None:
            return JSONResponse({"puts": attempt.arrivals.requests(attempt.result.sizes())})
        return Response(status_code=200)

    def _told(self, attempt: Attempt, what: str, body: dict[str, Any]) -> None:
        if what == "started" and attempt.frame is not None:
            attempt.started(worker_answers.final_config(body))
        elif what == "rendered":
            result = FrameResult.model_validate(body)
            if sum(each.bytes for each in result.sizes()) > _FILE_BYTES:
                raise ResultRefused("These files are larger than a frame's may be.")
            attempt.tell_result(result)
        elif what == "analyzed" and attempt.frame is None:
            attempt.outcome.set_result(worker_answers.analysis(body))
        elif what == "failed":
            attempt.outcome.set_exception(_failure(body))
        else:
            raise ApiError(404, "not_found", "There is no such place.")

    async def there(self, request: Request) -> Response:
        """A node has put a file into the bucket."""
        attempt = self._attempt(request)
        number, told = _announced(request, attempt)
        if number not in attempt.arrived:
            try:
                is_there = attempt.arrivals is not None and await attempt.arrivals.has(number, told)
            except CannotReach as error:
                raise ApiError(503, "no_bucket", f"The farm cannot look for it: {error.strerror}.") from error
            if not is_there:
                raise ApiError(400, "not_there", "This file is not in the bucket: put it there again.")
            if attempt.is_open:
                attempt.file_arrived(number)
        return Response(status_code=200)

    async def file(self, request: Request) -> Response:
        attempt = self._attempt(request)
        number, told = _announced(request, attempt)
        if number not in attempt.arrived:
            try:
                await _receive(request, attempt, number, told)
            except OSError:
                self._attempt(request)  # its attempt may have ended meanwhile, and its folder been removed
                raise
            if attempt.is_open:
                attempt.file_arrived(number)
        return Response(status_code=200)

    def _attempt(self, request: Request) -> Attempt:
        attempt = self._attempts.find(request.path_params["secret"])
        if attempt is None:
            raise ApiError(_GONE, "gone", "This attempt is over.")
        attempt.hear()
        return attempt


def _given(place: Path | str) -> Response:
    return FileResponse(place) if isinstance(place, Path) else RedirectResponse(place)


def _announced(request: Request, attempt: Attempt) -> tuple[int, SentFile | SentPreview]:
    number = request.path_params["number"]
    told = attempt.result.sizes() if attempt.result is not None else []
    if number >= len(told):
        raise ApiError(409, "not_told", "The node has not reported this file.")
    return number, told[number]


def _failure(body: dict[str, Any]) -> WorkFailed:
    """The failure as the node's farm code reports it; its worker_answers has checked what Blender said."""
    failure = worker_answers.failure(body)
    is_final, is_shortage = body.get("isFinal") is True, body.get("isShortage") is True
    return WorkFailed(failure.name, failure.type, is_final=is_final, is_shortage=is_shortage)


async def _json(request: Request) -> dict[str, Any]:
    receive = await bodies.bounded(request.receive)
    try:
        body = json.loads((await receive())["body"])
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(422, "strange_answer", "The farm cannot use this answer.")
    return body


async def _receive(request: Request, attempt: Attempt, number: int, told: SentFile | SentPreview) -> None:
    """Receive a file of exactly the announced size and content."""
    folder = attempt.folder
    if shutil.disk_usage(folder).free < told.bytes + _KEEP_FREE:
        raise ApiError(507, "disk_full", "The farm's disk is full.")
    temporary = attempt.receiving[number] = folder / f"{number}.{uuid.uuid4().hex}.part"
    async with bodies.received_into(temporary):
        digest = await _written(_heard(request, attempt, number, temporary), temporary, told.bytes)
        if digest != told.sha256:
            raise ApiError(422, "wrong_content", "This is not the file that was reported.")
        files.replace(temporary, folder / str(number))


async def _heard(request: Request, attempt: Attempt, number: int, target: Path) -> AsyncIterator[bytes]:
    """The chunks of a body; each shows that the node is alive, however long the whole takes.

    Raises ApiError once the attempt is over, whose folder is removed, or the node has begun to send the file again.
    """
    async for chunk in request.stream():
        if not attempt.is_open or attempt.receiving[number] != target:
            raise ApiError(_GONE, "gone", "This attempt is over, or the file is being sent again.")
        attempt.hear()
        yield chunk


async def _written(body: AsyncIterator[bytes], path: Path, size: int) -> str:
    """Write a body and return its SHA-256. Raises ApiError as soon as it is too long, or the disk is full."""
    digest, pending, received = hashlib.sha256(), bytearray(), 0
    with path.open("wb") as file:

        def write(piece: bytearray) -> None:
            if shutil.disk_usage(path.parent).free < _KEEP_FREE:
                raise ApiError(507, "disk_full", "The farm's disk is full.")
            digest.update(piece)
            file.write(piece)

        async for chunk in body:
            received += len(chunk)
            if received > size:
                raise ApiError(413, "too_long", "The file is longer than announced.")
            pending += chunk
            if len(pending) >= _WRITE_AT_ONCE:
                await asyncio.to_thread(write, pending)
                pending = bytearray()
        await asyncio.to_thread(write, pending)
    return digest.hexdigest()


async def _answer(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    # The rest of a body that was refused is not read.
    body = {"error": {"code": error.code, "message": error.message}}
    return JSONResponse(body, error.status, {"Connection": "close"})
