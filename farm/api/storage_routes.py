"""The object storage over HTTP: one PUT to a signed link, GET with ranges from another."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from ..errors import ApiError
from ..objects.folder import FolderObjects
from ..objects.objects import JOBS, UPLOADS
from ..objects.storage import Storage
from ..parts import FarmParts
from ..render.movies import Movies
from ..state.files.disk import Disk
from ..state.files.files_in_use import FilesInUse
from ..state.files.job_zips import JobZips
from ..state.outputs import VIDEO
from ..state.store import Store
from . import bodies
from .zip_response import zip_response

_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
_WRITE_AT_ONCE = 4 * 1024 * 1024
_MOST_AT_A_LINK = 2
"""Uploads to one link at a time: a client whose connection died may try again before the farm has noticed."""
_AGAIN_SECONDS = 10


class _ObjectResponse(FileResponse):
    """Reads 1 MiB at a time: one switch to a thread per MiB instead of sixteen."""

    chunk_size = 1024 * 1024


def routes(farm: FarmParts) -> APIRouter:
    """The storage's routes; they are not in the API's OpenAPI document."""
    store, storage, workspaces, disk = farm.store, farm.storage, farm.workspaces, farm.disk
    router = APIRouter(include_in_schema=False)
    zips = JobZips(store, storage.objects)
    under_way: Counter[str] = Counter()

    @router.put("/storage/{key:path}")
    async def put(key: str, request: Request, expires: str = "", signature: str = "") -> Response:
        _check_link(storage, key, "PUT", expires, signature)
        folder = storage.objects
        if not key.startswith(f"{UPLOADS}/") or not isinstance(folder, FolderObjects):
            raise ApiError(403, "not_an_upload", "Nothing can be uploaded to this place.")
        if folder.path(key).exists():
            raise ApiError(409, "already_uploaded", "A file was already uploaded to this link: ask for a new one.")
        upload = store.upload(Path(key).stem)
        if upload is None:
            raise ApiError(404, "unknown_slug", "This upload is no longer on the farm: ask for a new link.")
        expected = _expected_size(request, farm.settings.upload_limit)
        workspaces.check_bytes(upload.workspace_id, expected)
        disk.check_upload(expected)
        with _one_of_few(under_way, key):
            workspaces.arriving(upload.workspace_id, expected)
            try:
                size = await _receive(request, folder, key, expected, disk)
                store.set_uploaded(upload.slug, size)
            finally:
                workspaces.arriving(upload.workspace_id, -expected)
        return Response(status_code=200)

    @router.api_route("/storage/{key:path}", methods=["GET", "HEAD"])
    async def get(key: str, request: Request, expires: str = "", signature: str = "") -> Response:
        _check_link(storage, key, "GET", expires, signature)
        with store.files_in_use.reading(_job_of(key)):
            found = await zips.find(key)
            if found is None:
                await _have_video_made(key, store, farm.movies)
                response = _object(storage, key, int(expires))
            else:
                response = zip_response(found, request.headers, is_head=request.method == "HEAD", headers=_HEADERS)
        return _Reading(response, store.files_in_use, _job_of(key))

    return router


class _Reading(Response):
    """Sends another response, and keeps the files of its job until it is sent."""

    def __init__(self, response: Response, in_use: FilesInUse, job_id: str) -> None:
        super().__init__(status_code=response.status_code)
        self._response, self._in_use, self._job_id = response, in_use, job_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._in_use.reading(self._job_id):
            await self._response(scope, receive, send)


def _job_of(key: str) -> str:
    """The id in the key of a job's file."""
    return key.removeprefix(f"{JOBS}/").partition("/")[0]


def _object(storage: Storage, key: str, expires: int) -> Response:
    path = storage.objects.path(key)
    if path is None:
        return RedirectResponse(storage.link("", key, "GET", expires), headers=_HEADERS)
    if path.is_symlink() or not path.is_file():
        raise ApiError(404, "not_found", "This file is no longer here.")
    return _ObjectResponse(path, stat_result=path.stat(), headers=_HEADERS)


async def _have_video_made(key: str, store: Store, movies: Movies) -> None:
    """If the key is that of a video that is made on request, have it made now."""
    folder, _, name = key.rpartition("/")
    job = store.job(folder.removeprefix("jobs/")) if name == VIDEO else None
    if job is None or job.key != folder or not movies.is_on_request(job):
        return
    await movies.make(job.id)
    video = store.get(job.id).video
    if video is None:
        raise ApiError(503, "video_in_progress", "The video is being made: try again in a few seconds.", retry_after=1)
    if "key" not in video:
        raise ApiError(409, "no_video", f"There is no video of this job. {video.get('notice', '')}".strip())


def _check_link(storage: Storage, key: str, method: str, expires: str, signature: str) -> None:
    if not storage.allows(key, method, expires, signature):
        raise ApiError(403, "link_expired", "This link has expired or was changed: ask for a new one.")


def _expected_size(request: Request, limit: int) -> int:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise ApiError(411, "length_required", "The upload must state its size (Content-Length).")
    if int(length) >= limit:
        raise ApiError(413, "too_large", f"Files must be smaller than {limit / 1024**3:g} GiB.")
    return int(length)


@contextmanager
def _one_of_few(under_way: Counter[str], key: str) -> Iterator[None]:
    """Count an upload to this link while it lasts. Raises ApiError (429)."""
    if under_way[key] >= _MOST_AT_A_LINK:
        raise ApiError(
            429,
            "upload_under_way",
            "A file is being uploaded to this link: wait for it to end, or ask for a new link.",
            retry_after=_AGAIN_SECONDS,
        )
    under_way[key] += 1
    try:
        yield
    finally:
        under_way[key] -= 1
        if not under_way[key]:
            del under_way[key]


async def _receive(request: Request, folder: FolderObjects, key: str, expected: int, disk: Disk) -> int:
    """Stream the body into a temporary file, and give it its name once it is whole."""
    target = folder.path(key)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    async with bodies.received_into(temporary):
        await _write_body(request, temporary, disk)
        if temporary.stat().st_size != expected:
            raise ApiError(400, "incomplete", "The upload ended early: send the file again.")
        if not await asyncio.to_thread(folder.put_first, temporary, key):
            raise ApiError(409, "already_uploaded", "A file was already uploaded to this link: ask for a new one.")
        return expected


async def _write_body(request: Request, path: Path, disk: Disk) -> None:
    """Checks the disk space before each write, because concurrent uploads share it."""
    pending = bytearray()
    with path.open("wb") as file:
        async for chunk in request.stream():
            pending += chunk
            if len(pending) >= _WRITE_AT_ONCE:
                disk.check_upload(len(pending))
                await asyncio.to_thread(file.write, pending)
                pending = bytearray()
        await asyncio.to_thread(file.write, pending)
