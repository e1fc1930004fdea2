"""One farm, assembled from its parts and served until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from ..client import files
from ..client.network import http_server
from ..jobs.folder import path_limits
from ..jobs.version import version
from . import access
from .api import leaving, tls
from .api.app import create_app
from .api.auth import AuthMiddleware
from .api.kept_answers import KeptAnswers
from .listening import Server, connections, listen
from .objects.objects import Objects
from .objects.storage import Storage
from .parts import FarmParts
from .render.backend import Backend
from .render.job_files import JobFiles
from .render.local_backend import LocalBackend
from .render.movies import Movies
from .render.packages.laid_out import LaidOutPackages
from .render.scheduling.scheduler import Scheduler
from .render.tiles.tile_places import TilePlaces
from .responses import Views
from .settings import FarmSettings
from .state.files.cleanup import Cleanup
from .state.files.object_places import open_objects
from .state.keys import Caller, Keys, Role
from .state.records import now
from .state.stopped_nodes import StoppedNodes
from .state.store import Store
from .state.workspaces import Workspaces
from .webhooks import Webhooks

_log = logging.getLogger(__name__)
_RENEW_SECONDS = 60.0
_IDLE_CHECK_SECONDS = 1.0


async def serve(settings: FarmSettings, extra_key: str = "") -> None:
    """Run a farm until a signal or idleness ends it.

    extra_key: an admin key beside the farm's own token, for people of other computers; "" for none.
    """
    secret = access.load_secret(settings.data)
    token = access.token_of(secret)
    store = Store(settings.data / "farm.sqlite3")
    storage = Storage(open_objects(settings.objects, settings.data / "objects", store.database), secret)
    work = settings.data / path_limits.WORK
    packages = LaidOutPackages(storage.objects, work, settings.unpack_limit, Workspaces(store.database).claim_unpacked)
    files = JobFiles(store, storage.objects, work, packages, settings.upload_limit)
    backend = _backend(settings, store, storage.objects, packages)
    listener = listen(settings.host, settings.port, "--port or --host")
    views = Views(settings, store, storage, _url(listener, settings, socket.gethostname()))
    webhooks = Webhooks(settings, store, views)
    movies = Movies(settings, store, storage.objects, work / "movies")
    scheduler = Scheduler(settings, store, files, backend, webhooks, movies, _tiles(settings, storage.objects))
    find_caller = _find_caller(store, (token, extra_key))
    asked = _set_on_signal()
    parts = FarmParts(settings, store, storage, scheduler, movies, find_caller, asked.is_set)
    app = create_app(parts, version())
    app.include_router(leaving.routes(asked.set))
    gate = AuthMiddleware(KeptAnswers(app, lambda: store.mark), settings, find_caller, version())
    url = _url(listener, settings, "127.0.0.1")
    server = Server(http_server.config(gate, _protocol(settings)))
    beside = [
        _beside(movies.run(), "making movies"),
        _beside(http_server.close_late_ones(server.server_state), "closing late connections"),
        _beside(_end_when_asked(server, asked), "waiting to be ended"),
        _beside(_end_when_idle(asked, gate, scheduler, movies, webhooks, settings.idle_exit), "ending when idle"),
        _beside(webhooks.deliver(), "sending webhooks"),
        _beside(_keep_links_ready(storage.objects), "keeping links ready"),
        _beside(Cleanup(settings, store, storage.objects, work).run(), "the removal of old files"),
    ]
    try:
        await asyncio.to_thread(_clean, settings.data, storage.objects)
        if await _done_before(scheduler.start(), asked):
            access.write_access(settings.data, url, token, version(), has_nodes=settings.backend == "dask")
            _log.info("Listening on %s", url)
            await server.serve(sockets=[listener])
    finally:
        await _end(settings, beside, scheduler)
        store.close()
        _log.info("Ended")


async def _done_before(work: Coroutine[Any, Any, None], asked: asyncio.Event) -> bool:
    """Whether the work was done before the farm was asked to end, which cancels it: it may wait for a Blender, or for a
    Dask cluster that does not answer."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(asked.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
        return doing.done()
    finally:
        doing.cancel()
        waiting.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)


async def _end(settings: FarmSettings, beside: Sequence[asyncio.Task[None]], scheduler: Scheduler) -> None:
    """End what runs beside the server, and then the renders."""
    with contextlib.suppress(OSError):  # the next farm removes it
        access.remove_access(settings.data)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    await scheduler.stop()


def _backend(settings: FarmSettings, store: Store, objects: Objects, packages: LaidOutPackages) -> Backend:
    work = settings.data / path_limits.WORK
    if settings.backend == "local":
        return LocalBackend(settings, work, settings.data / "logs" / "jobs", packages)
    # Only a farm with nodes has Dask.
    from .cluster.dask.head import Head
    from .cluster.dask_backend import DaskBackend

    keys = Keys(store.database)

    def new_key(name: str) -> str:
        return keys.create(name, store.workspace_id, Role.RENDER)[0].id

    head = Head(settings, keys.name_for_node, new_key, keys.is_known)
    return DaskBackend(settings, objects, work, head, StoppedNodes(store.database))


def _tiles(settings: FarmSettings, objects: Objects) -> TilePlaces:
    return TilePlaces(settings.data / path_limits.WORK, objects if settings.backend == "dask" else None)


def _find_caller(store: Store, own: Sequence[str]) -> Callable[[bytes], Caller | None]:
    """own: keys that are not in the database; they are admin keys of the first workspace."""
    keys, good = Keys(store.database), [key.encode() for key in own if key]
    admin = Caller(store.workspace_id, Role.ADMIN)

    def find(key: bytes) -> Caller | None:
        return admin if any(hmac.compare_digest(key, each) for each in good) else keys.caller(key)

    return find


def _beside(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Work that runs while the farm serves; an error in it is logged, and ends nothing else."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_fault)
    return task


def _log_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("The farm continues without %s, which failed", task.get_name(), exc_info=task.exception())


def _protocol(settings: FarmSettings) -> Callable[..., asyncio.Protocol]:
    limit = min(http_server.MAX_CONNECTIONS, connections(settings))
    if settings.cert is None or settings.key is None:
        return http_server.bounded(limit)
    return tls.protocol(http_server.bounded(limit // 2), tls.context(settings.cert, settings.key), limit // 2)


def _url(listener: socket.socket, settings: FarmSettings, own_name: str) -> str:
    """own_name: the host to use if the farm listens on every address."""
    host = own_name if settings.host in ("0.0.0.0", "::") else settings.host
    if ":" in host:
        host = f"[{host}]"
    return f"{settings.scheme}://{host}:{listener.getsockname()[1]}"


async def _keep_links_ready(objects: Objects) -> None:
    """Renew what signs links: temporary keys of a machine's role last for minutes or hours."""
    while True:
        try:
            await asyncio.to_thread(objects.renew)
        except OSError as error:
            _log.warning("Links to the bucket are signed with what there is (%s)", error.strerror or error)
        await asyncio.sleep(_RENEW_SECONDS)


def _clean(data: Path, objects: Objects) -> None:
    """Remove partial uploads of a killed farm, and temporary files of older farms, in a folder with a longer name."""
    files.remove_tree(data / "work")
    objects.clean(now())


def _set_on_signal() -> asyncio.Event:
    """An event that is set by a signal that asks the farm to end."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked.set)
    return asked


async def _end_when_asked(server: uvicorn.Server, asked: asyncio.Event) -> None:
    await asked.wait()
    server.should_exit = True


async def _end_when_idle(
    asked: asyncio.Event,
    gate: AuthMiddleware,
    scheduler: Scheduler,
    movies: Movies,
    webhooks: Webhooks,
    seconds: float | None,
) -> None:
    while seconds is not None:
        await asyncio.sleep(min(_IDLE_CHECK_SECONDS, seconds))
        is_busy = scheduler.is_busy or movies.is_busy
        if not is_busy and gate.idle_seconds > seconds and not webhooks.is_owing:
            _log.info("Nothing to do for %.0f seconds", seconds)
            asked.set()
            return
