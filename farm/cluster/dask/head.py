"""The farm's servers for nodes: Dask's scheduler and the server for packages and files, both only for holders of a
node's key, and the pairing server, where an invited computer gets such a key."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any

import dask
import uvicorn
from distributed import Client, Future
from distributed.core import Status
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.scheduler import WorkerState
from distributed.security import Security

from ....client.network import http_server
from ...api import tls
from ...errors import CannotStart
from ...listening import Server, connections, listen
from ...settings import FarmSettings
from ..attempts.attempt_routes import create_attempts_app
from ..attempts.attempts import Attempts
from ..certificates import Authority
from ..own_node import OwnNode
from ..pairing import network_file
from ..pairing.pairing_routes import create_pairing_app
from .dask_nodes import DaskNodes
from .guarded_scheduler import GuardedScheduler

_log = logging.getLogger(__name__)
NODES = "nodes"
"""The farm's folder for what concerns nodes: its certificates, invitations, where they are heard."""
_PAIRING_CONNECTIONS = 256
"""Strangers may open many: an invited computer is to get through between them."""
_ANSWER_SECONDS = 30.0
_SILENT_SECONDS = 10.0
"""A node that says nothing for so long is given up, at the latest after twice the time."""
_CONFIG = {
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.http.routes": [],
    "distributed.scheduler.events-cleanup-delay": "10s",  # until nothing is kept of a node that has left
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.comm.timeouts.connect": "10s",
}


class Head:
    """name_of_key: the name of a key that is valid for a node, "" for any other id. new_key: makes such a key for a
    computer of this name; its id. is_known: whether there is a key with this id, revoked or not."""

    def __init__(
        self,
        settings: FarmSettings,
        name_of_key: Callable[[str], str],
        new_key: Callable[[str], str],
        is_known: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._name_of_key = name_of_key
        self._new_key = new_key
        self._folder = settings.data / NODES
        self._authority = Authority(self._folder)
        self._own_node = OwnNode(settings, self._authority, new_key, is_known)
        self._dask_nodes = DaskNodes(settings, self._authority, new_key, self._is_valid)
        self._first_port = settings.node_port
        self._little: dict[str, Future[Any]] = {}
        self._scheduler: GuardedScheduler | None = None
        self._client: Client | None = None
        self.files_port = 0
        self.port = 0
        self._servers: list[tuple[Server, asyncio.Task[None], asyncio.Task[None]]] = []

    async def start(self, attempts: Attempts, events: SchedulerPlugin) -> None:
        """Raises CannotStart."""
        if self._settings.own_files and not all(map(self._is_free, range(3))):
            self._first_port = 0  # This Computer has one farm for each Blender
        self.files_port = self._serve(self._files_config(attempts), self._port(1))
        await self._start_scheduler(events)
        pairing_port = self._serve(self._pairing_config(), self._port(2))
        if self._settings.own_node:
            self._own_node.start(self.port)
        network_file.write(self._folder, self._settings.node_host, self.port, pairing_port)
        if self._settings.on_dask:
            await self._dask_nodes.start(self.port)
        _log.info("Nodes are heard on %s:%s and %s", self._settings.node_host, self.port, self.files_port)

    async def stop(self) -> None:
        network_file.remove(self._folder)
        if self._client is not None:  # the start may have failed at any of its parts
            await self._client.close()
        if self._scheduler is not None:
            await self._scheduler.close(reason="the farm ends")
        await self._dask_nodes.stop()
        await self._own_node.stop()  # without a scheduler, there is nothing to finish first
        for server, serving, sweeping in self._servers:
            sweeping.cancel()
            server.should_exit = True
            server.force_exit = True
            await serving

    @property
    def problem(self) -> str:
        """Why nodes that the farm starts are missing, "" if all are there."""
        return self._dask_nodes.problem

    def _is_valid(self, key_id: str) -> bool:
        return bool(self._name_of_key(key_id))

    def name_of(self, key_id: str) -> str:
        return self._name_of_key(key_id) or key_id

    def submit(self, address: str, order: Callable[..., Any], *arguments: Any, key: str) -> Future[Any]:
        """Have Dask run an order on this node; never on another, and never twice.

        Args:
            address: of the node's Dask worker.
            order: what is called there, with these arguments.
            key: Dask's name for the task; another one for each attempt.

        Returns:
            A future; canceling it stops the work on the node.
        """
        assert self._client is not None
        future: Future[Any] = self._client.submit(
            order, *arguments, key=key, workers=[address], allow_other_workers=False, pure=False, retries=0
        )
        return future

    async def drop(self, future: Future[Any], *, is_done: bool) -> None:
        """Forget an order; the node stops working on it. is_done: all its files have arrived, and only the answer to
        the last one is still on its way."""
        if not is_done:
            assert self._client is not None
            await self._client.cancel([future], force=True)
            return
        self._little[str(future.key)] = future
        asyncio.get_running_loop().call_later(_ANSWER_SECONDS, self.over, str(future.key))

    def tell(self, address: str, order: Callable[..., Any], *arguments: Any) -> None:
        """Have a node do a small task without waiting for it."""
        key = f"farmhand-{order.__name__}-{uuid.uuid4().hex}"
        self._little[key] = self.submit(address, order, *arguments, key=key)
        asyncio.get_running_loop().call_later(_ANSWER_SECONDS, self.over, key)  # else Dask keeps it for a leaving node

    def over(self, key: str) -> None:
        """Register for every order that Dask reports as over."""
        future = self._little.pop(key, None)
        if future is not None:
            future.release()

    def is_running(self, address: str) -> bool:
        """Whether a node accepts work; one that was asked to exit does not."""
        worker = self._worker(address)
        return worker is not None and worker.status == Status.running

    def silent_seconds(self, address: str) -> float:
        """How long ago a node was last heard; 0 for one that is no longer connected."""
        scheduler = self._scheduler
        if scheduler is None or address not in scheduler.workers:
            return 0.0
        return scheduler.silent_seconds(address)

    def drop_revoked(self) -> None:
        if self._scheduler is not None:
            self._scheduler.drop_revoked()

    def _worker(self, address: str) -> WorkerState | None:
        return None if self._scheduler is None else self._scheduler.workers.get(address)

    async def _start_scheduler(self, events: SchedulerPlugin) -> None:
        dask.config.set(_CONFIG)
        logging.getLogger("distributed").setLevel(logging.ERROR)
        pem, own = str(self._authority.certificate), str(self._authority.own)
        security = Security(
            tls_ca_file=pem, tls_scheduler_cert=own, tls_scheduler_key=own, tls_client_cert=own, tls_client_key=own,
            require_encryption=True,
        )  # fmt: skip
        host = self._settings.node_host
        try:
            self._scheduler = await GuardedScheduler(
                self._is_valid,
                connections(self._settings),
                host=f"[{host}]" if ":" in host else host,
                port=self._first_port,
                protocol="tls",
                security=security,
                dashboard=False,
                dashboard_address="127.0.0.1:0",
                worker_ttl=_SILENT_SECONDS,
                plugins=[events],
            )
        except (OSError, RuntimeError) as error:  # Dask wraps the cause in an error of its own
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            raise CannotStart(
                f"The farm cannot listen for nodes on {self._settings.node_host}:{self._settings.node_port} "
                f"({cause.strerror or cause}). Choose another --node-port or --node-host."
            ) from error
        self.port = int(self._scheduler.port)
        await self._scheduler.listen("inproc://")
        inside = self._scheduler.listeners[-1].contact_address
        self._client = await Client(inside, asynchronous=True, set_as_default=False)

    def _files_config(self, attempts: Attempts) -> uvicorn.Config:
        limit = min(http_server.MAX_CONNECTIONS, connections(self._settings)) // 2
        protocol = tls.protocol(http_server.bounded(limit), self._authority.context(), limit)
        return http_server.config(create_attempts_app(attempts), protocol)

    def _pairing_config(self) -> uvicorn.Config:
        app = create_pairing_app(self._folder, self._authority, self._new_key, lambda: self.port)
        context = tls.context(self._authority.own, self._authority.own)
        limit = min(_PAIRING_CONNECTIONS, connections(self._settings)) // 2
        return http_server.config(app, tls.protocol(http_server.bounded(limit), context, limit))

    def _port(self, place: int) -> int:
        """One of the consecutive ports; any free port if the scheduler's is 0."""
        return self._first_port + place if self._first_port else 0

    def _is_free(self, place: int) -> bool:
        try:
            http_server.listen(self._settings.node_host, self._port(place)).close()
        except OSError:
            return False
        return True

    def _serve(self, config: uvicorn.Config, port: int) -> int:
        """Returns the port. Raises CannotStart."""
        listener = listen(self._settings.node_host, port, "--node-port or --node-host")
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="a server for nodes")
        sweeping = asyncio.create_task(http_server.close_late_ones(server.server_state))
        self._servers.append((server, serving, sweeping))
        return int(listener.getsockname()[1])
