"""Dask's scheduler as a farm exposes it to a network: it accepts the messages that a node needs, and nothing else.

Dask itself trusts every connection: any peer may run code in the scheduler, and messages may contain pickles. Here
the farm's own client connects only within the process, nodes connect to a listener that unpickles nothing, and of
their messages Dask sees what `node_messages` makes of them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from distributed import Scheduler
from distributed.comm import Comm
from distributed.comm.addressing import normalize_address
from distributed.scheduler import heartbeat_interval

from . import node_messages
from .node_listener import NodeListener
from .node_messages import NotAllowed

_log = logging.getLogger(__name__)
_HANDSHAKES = 256
_ENDS = ("task-finished", "task-erred")


class GuardedScheduler(Scheduler):
    """is_good: whether the key with this id is a node's and not revoked.
    connections: how many may be open, handshakes included.
    """

    def __init__(self, is_good: Callable[[str], bool], connections: int, **options: Any) -> None:
        super().__init__(**options)
        self._is_good = is_good
        self._handshakes = min(_HANDSHAKES, connections // 4)
        self._most_peers = connections - self._handshakes
        self._peers: dict[Comm, str] = {}
        self.key_ids: dict[str, str] = {}
        """Of the nodes that are registered, by address."""
        self._heard: dict[str, float] = {}
        """When each was last heard, by address; monotonic seconds."""

    async def listen(self, port_or_addr: Any = None, allow_offload: bool = True, **options: Any) -> None:
        """Hear nodes, or within this process."""
        address = str(port_or_addr)
        if address.startswith("inproc://"):
            await super().listen(address, allow_offload, **options)
            return
        place = address.removeprefix("tls://")
        self.listeners.append(await NodeListener(place, self.handle_comm, self._handshakes, **options))

    async def _handle_comm(self, comm: Comm) -> None:
        if comm.peer_address.startswith("inproc://"):
            await super()._handle_comm(comm)
            return
        key_id = _key_id(comm.extra_info.get("peercert"))
        if not key_id or not self._is_good(key_id):
            _log.warning("%s was turned away: its key is not one of a node, or is revoked", comm.peer_address)
            comm.abort()
            return
        if len(self._peers) >= self._most_peers:
            _log.warning("The node of key %s was turned away: too many connections are open", key_id)
            comm.abort()
            return
        self._peers[comm] = key_id
        guard = _Guard(self, comm, key_id)
        try:
            await super()._handle_comm(comm)
        except (NotAllowed, TypeError, ValueError) as error:
            _log.warning("The node of key %s is cut off: %s", key_id, error)
            comm.abort()
        finally:
            del self._peers[comm]
            if guard.address and self.key_ids.pop(guard.address, "") and guard.address in self.workers:
                await self.remove_worker(guard.address, stimulus_id="farmhand-cut-off", close=False)

    def heartbeat_worker(self, *, address: str, **message: Any) -> Any:
        """Note when a node was heard, beside Dask's own note."""
        self._heard[normalize_address(address)] = time.monotonic()
        return super().heartbeat_worker(address=address, **message)

    def log_event(self, topic: Any, msg: Any) -> None:
        """Record nothing. Dask would keep an entry for every node that ever joined, and the farm never reads them."""

    def silent_seconds(self, address: str) -> float:
        """How long ago a registered node was last heard."""
        return time.monotonic() - self._heard[address]

    async def check_worker_ttl(self) -> None:
        """Drop nodes that have been silent for too long.

        Dask's own check uses the wall clock: if it is set ahead, all nodes would be dropped at once; if set back, lost
        nodes would be kept.
        """
        assert self.worker_ttl
        del self.total_nthreads_history[:-1]
        self._heard = {address: self._heard[address] for address in self.workers}
        longest = max(self.worker_ttl, 10 * heartbeat_interval(len(self.workers)))
        silent = [address for address in self.workers if self.silent_seconds(address) > longest]
        for address in silent:
            _log.warning("%s has been silent for %.0f seconds and is given up", address, self.silent_seconds(address))
        await asyncio.gather(*(self.remove_worker(each, stimulus_id="farmhand-silent") for each in silent))

    def drop_revoked(self) -> None:
        """Close every connection whose key is no longer valid; the work of its nodes is lost."""
        revoked = {key_id for key_id in set(self._peers.values()) if not self._is_good(key_id)}
        for comm, key_id in list(self._peers.items()):
            if key_id in revoked:
                _log.warning("Key %s was revoked: its connection is closed", key_id)
                comm.abort()


class _Guard:
    """Reads a node's messages before Dask does. address: of the node on this connection, "" for none."""

    def __init__(self, scheduler: GuardedScheduler, comm: Comm, key_id: str) -> None:
        self.address = ""
        self._scheduler = scheduler
        self._key_id = key_id
        self._read = comm.read
        comm.read = self._checked  # type: ignore[method-assign]

    async def _checked(self, deserializers: Any = None) -> Any:
        message = await self._read(deserializers=deserializers)
        if self.address:
            reports = message if isinstance(message, tuple) else (message,)
            return [each for each in map(self._report, reports) if each is not None]
        if not isinstance(message, dict):
            raise NotAllowed("an invalid message")
        op, address = message.get("op"), message.get("address")
        if op == "register-worker":
            return self._registration(address, message)
        if op == "close":
            return node_messages.end_of_calls(message)
        if op != "heartbeat_worker":
            raise NotAllowed(f"the call {str(op)[:40]!r}")
        if not isinstance(address, str) or self._scheduler.key_ids.get(address) != self._key_id:
            raise NotAllowed("a call in the name of another node")
        return node_messages.heartbeat(address)

    def _registration(self, address: Any, message: dict[str, Any]) -> dict[str, Any]:
        if not node_messages.is_node_address(address) or self._is_taken(address):
            raise NotAllowed("an address that is taken or no node's")
        self.address = address
        self._scheduler.key_ids[address] = self._key_id
        return node_messages.registration(address, f"{self._key_id}/{address.rpartition('//')[2]}", message)

    def _report(self, report: Any) -> Any:
        """The report as Dask may see it; None if Dask may not see it."""
        if not isinstance(report, dict):
            return None
        op = report.get("op")
        if op == "close-stream":
            return {"op": op}
        if op == "worker-status-change":
            return node_messages.status_change(self.address, report)
        if op in _ENDS and self._has(report.get("key")):
            return node_messages.end_of_order(self.address, report)
        return None

    def _is_taken(self, address: str) -> bool:
        return address in self._scheduler.key_ids or address in self._scheduler.workers

    def _has(self, key: Any) -> bool:
        """Whether the task was assigned to this node."""
        task = self._scheduler.tasks.get(key) if isinstance(key, str) else None
        return task is not None and task.processing_on is not None and task.processing_on.address == self.address


def _key_id(certificate: Mapping[str, Any] | None) -> str:
    """The common name of a certificate, as Python's ssl tells it."""
    names = [value for group in (certificate or {}).get("subject", ()) for kind, value in group if kind == "commonName"]
    return str(names[0]) if len(names) == 1 else ""
