"""What of a farm listens to nodes: Dask's scheduler and the door, both for holders of a node's key alone."""

from __future__ import annotations

import asyncio
import logging
import ssl
import uuid
from collections.abc import Callable
from typing import Any

import dask
from distributed import Client, Future
from distributed.core import Status
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.security import Security

from ...client.network import http_server
from ..errors import CannotStart
from ..listening import Server, listen
from ..settings import FarmSettings
from .attempts import Attempts
from .certificates import Authority
from .door import create_door
from .guarded_scheduler import GuardedScheduler

_log = logging.getLogger(__name__)
_SILENT_SECONDS = 10.0
"""A node that says nothing for so long is given up, at the latest after twice the time."""
_CONFIG = {
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.http.routes": [],
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.comm.timeouts.connect": "10s",
}


class Head:
    """name_of_key: the name of a key that is valid for a node, "" for any other id."""

    def __init__(self, settings: FarmSettings, name_of_key: Callable[[str], str]) -> None:
        self._settings = settings
        self._name_of_key = name_of_key
        self._authority = Authority(settings.data / "nodes")
        self._little: dict[str, Future[Any]] = {}
        self.door_port = 0
        self.port = 0
        self._serving: asyncio.Task[None] | None = None

    async def start(self, attempts: Attempts, events: SchedulerPlugin) -> None:
        """Raises CannotStart."""
        await self._start_door(attempts)
        await self._start_scheduler(events)
        _log.info("Nodes are heard on %s:%s and %s", self._settings.node_host, self.port, self.door_port)

    async def stop(self) -> None:
        await self._client.close()
        await self._scheduler.close(reason="the farm ends")
        self._sweeping.cancel()
        self._server.should_exit = True
        self._server.force_exit = True
        if self._serving is not None:
            await self._serving

    def name_of(self, key_id: str) -> str:
        return self._name_of_key(key_id) or key_id

    def submit(self, address: str, order: Callable[..., Any], *arguments: Any, key: str) -> Future[Any]:
        """Have one node carry an order out, by Dask."""
        future: Future[Any] = self._client.submit(
            order, *arguments, key=key, workers=[address], allow_other_workers=False, pure=False, retries=0
        )
        return future

    async def drop(self, future: Future[Any]) -> None:
        """Forget an order; the node ends what it still does for it."""
        await self._client.cancel([future], force=True)

    def tell(self, address: str, order: Callable[..., Any], *arguments: Any) -> None:
        """Have a node do a small task without waiting for it."""
        key = f"farmhand-{order.__name__}-{uuid.uuid4().hex}"
        self._little[key] = self.submit(address, order, *arguments, key=key)

    def over(self, key: str) -> None:
        """To be told of every order that Dask knows to be over."""
        future = self._little.pop(key, None)
        if future is not None:
            future.release()

    def is_running(self, address: str) -> bool:
        """Whether a node takes work; one that was asked to end does not."""
        worker = self._scheduler.workers.get(address)
        return worker is not None and worker.status == Status.running

    def last_seen(self, address: str) -> float:
        """Unix seconds."""
        worker = self._scheduler.workers.get(address)
        return worker.last_seen if worker is not None else 0.0

    def drop_revoked(self) -> None:
        self._scheduler.drop_revoked()

    async def _start_scheduler(self, events: SchedulerPlugin) -> None:
        dask.config.set(_CONFIG)
        logging.getLogger("distributed").setLevel(logging.ERROR)
        pem, own = str(self._authority.certificate), str(self._authority.own)
        security = Security(
            tls_ca_file=pem, tls_scheduler_cert=own, tls_scheduler_key=own, tls_client_cert=own, tls_client_key=own,
            require_encryption=True,
        )  # fmt: skip
        try:
            self._scheduler = await GuardedScheduler(
                lambda key_id: bool(self._name_of_key(key_id)),
                host=self._settings.node_host,
                port=self._settings.node_port,
                protocol="tls",
                security=security,
                dashboard=False,
                dashboard_address="127.0.0.1:0",
                worker_ttl=_SILENT_SECONDS,
                plugins=[events],
            )
        except OSError as error:
            raise CannotStart(
                f"The farm cannot listen for nodes on {self._settings.node_host}:{self._settings.node_port} "
                f"({error.strerror or error}). Choose another --node-port or --node-host."
            ) from error
        self.port = self._scheduler.port
        await self._scheduler.listen("inproc://")
        inside = self._scheduler.listeners[-1].contact_address
        self._client = await Client(inside, asynchronous=True, set_as_default=False)

    async def _start_door(self, attempts: Attempts) -> None:
        config = http_server.config(create_door(attempts), http_server.bounded(http_server.MAX_CONNECTIONS))
        config.ssl_certfile = self._authority.own
        config.ssl_ca_certs = str(self._authority.certificate)
        config.ssl_cert_reqs = ssl.CERT_REQUIRED
        port = self._settings.node_port + 1 if self._settings.node_port else 0
        listener = listen(self._settings.node_host, port, "--node-port or --node-host")
        self.door_port = listener.getsockname()[1]
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="the door for nodes")
        self._sweeping = asyncio.create_task(http_server.close_late_ones(self._server.server_state))
