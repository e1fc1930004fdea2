"""Renders on nodes: Dask knows which are connected, passes on their orders, and cancels them.

The farm decides which node takes which frame, so that Dask never holds more than nodes are working on. Results
arrive over HTTPS (attempts/attempt_routes.py), not through Dask.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import SchedulerPlugin
from pydantic import ValidationError

from ..node import orders
from ..objects.objects import Objects
from ..render.backend import AttemptLost, FrameTask, Needs, Package, Rendered, WorkFailed
from ..settings import FarmSettings
from ..state.stopped_nodes import StoppedNodes
from .attempts.attempts import Attempt, Attempts
from .dask.head import Head
from .directory import Directory
from .dispatcher import Dispatcher
from .nodes import CPU, Node, NodeFacts, NodeTable

_log = logging.getLogger(__name__)
_REST_SECONDS = 30.0
_LOOK_SECONDS = 1.0
_LOST_ON = 3
"""A frame, or a part of one, that this many nodes died with is taken for the cause."""
_LOST_AGAIN = 5
"""The same where it was one node each time, which may be the only one."""
_PREVIEW_SECONDS = 2.0
_MOST_WAITING = 16
"""Frames of a job that wait for one of few nodes. Each looks at all nodes whenever a slot is free."""


class DaskBackend:
    """work: where incoming frames are kept until they are moved into place."""

    def __init__(
        self, settings: FarmSettings, objects: Objects, work: Path, head: Head, stopped_nodes: StoppedNodes
    ) -> None:
        self._head = head
        self._changed: Callable[[], None] = lambda: None
        self._wakers: list[asyncio.Future[None]] = []
        self.nodes = NodeTable(settings.blender_versions)
        self.attempts = Attempts()
        self._dispatcher = Dispatcher(settings, objects, work, head, self.attempts, self._room)
        self.directory = Directory(self.nodes, self.attempts, head.silent_seconds, stopped_nodes, self._room)
        self._waiting: list[Needs] = []
        """Of frames that were taken on and wait for a node on which they have not failed."""
        self._lost: dict[tuple[str, int | None, int | None], Counter[str]] = {}
        self._told_final: set[str] = set()
        self._next_preview: dict[str, float] = {}
        self._looking: asyncio.Task[None] | None = None

    async def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        await self._head.start(self.attempts, _Events(self))
        self._looking = asyncio.create_task(self._look(), name="looking after nodes")

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await self._head.stop()

    def has_room(self, needs: Needs) -> bool:
        waiting = self._waiting.count(needs)
        return waiting < _MOST_WAITING and self.nodes.room(needs) > waiting

    def capacity(self) -> int:
        return sum(node.facts.slots for node in self.nodes if node.is_usable)

    def ready_jobs(self) -> Collection[str]:
        return self.nodes.warm_jobs()

    def waits_for(self, needs: Needs) -> str:
        return self.nodes.waits_for(needs, self._head.problem)

    # Work

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        """A file counts as unreadable only once a second node, if there is one, confirms it. Nodes that were lost at it
        are asked last: one that always leaves would get it again and again."""
        refused: set[str] = set()
        lost: set[str] = set()
        version = await self._dispatcher.blender_version(package)
        while True:
            node = await self._until(functools.partial(self._for_analysis, job_id, version, refused | lost, waits_for))
            node.analyzing += 1
            try:
                return dict(await self._dispatcher.carry_out(job_id, None, node, package, {"kind": "analysis"}))
            except AttemptLost as error:
                lost.add(node.identity)
                _log.info("Job %s is analyzed again (%s)", job_id, error)
            except WorkFailed as error:
                if error.is_shortage:
                    self._rest(node, error)
                    continue
                refused.add(node.identity)
                if self.nodes.for_analysis(version, refused) is None or len(refused) > 1:
                    raise
            finally:
                node.analyzing -= 1

    def _for_analysis(
        self, job_id: str, version: str, avoided: Collection[str], waits_for: Callable[[str], None]
    ) -> Node | None:
        resting = {node.identity for node in self.nodes if node.is_resting}
        node = self.nodes.for_analysis(version, resting.union(avoided)) or self.nodes.for_analysis(version, resting)
        waits_for("" if node is not None else self.waits_for(Needs(job_id, version)))
        return node

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._waiting.append(task.needs)
        part = task.part.index if task.part is not None else None
        try:
            node = await self._until(lambda: self.nodes.for_frame(task.needs, task.frame, part))
            node.rendering += 1
        finally:
            self._waiting.remove(task.needs)
        order = {
            "kind": "frame",
            "frame": task.frame,
            "config": task.config,
            "seconds": task.seconds,
            "preview": task.may_preview and self._preview_is_due(task.job_id),
            "tellsStart": task.job_id not in self._told_final,
        }

        def told(final: dict[str, Any]) -> None:
            self._told_final.add(task.job_id)
            started(final)

        try:
            rendered: Rendered = await self._dispatcher.carry_out(
                task.job_id, task.frame, node, task.package, order, told, task.part
            )
        except WorkFailed as error:
            if error.is_shortage:
                self._rest(node, error)
                raise AttemptLost(f"{node.name}: {error.name}") from error
            if self.nodes.failed(node, task.needs, task.frame, part) and error.is_final:
                raise WorkFailed(error.name, error.type) from error  # accepted only if another node says so too
            raise
        node.done += task.part is None or bool(task.part.tiles)
        for each in self.nodes.rendered(node, task.job_id, task.frame, rendered.seconds, part):
            _log.warning("Node %s is set aside: %s", each.name, each.aside)
            self.directory.mark += 1
        device = node.device if task.needs.uses_gpu else CPU
        return dataclasses.replace(rendered, node=node.name, device=device)

    async def release(self, job_id: str) -> None:
        """Its renders were canceled: end the Blenders that wait for its next frame too."""
        self.nodes.forget(job_id)
        self._told_final.discard(job_id)
        self._next_preview.pop(job_id, None)
        self._lost = {key: value for key, value in self._lost.items() if key[0] != job_id}
        self._dispatcher.forget(job_id)
        for node in self.nodes:
            self._head.tell(node.address, orders.end_job, job_id)

    def _preview_is_due(self, job_id: str) -> bool:
        if time.monotonic() < self._next_preview.get(job_id, 0.0):
            return False
        self._next_preview[job_id] = time.monotonic() + _PREVIEW_SECONDS
        return True

    # Nodes come and go

    def joined(self, address: str, key_id: str, extra: dict[str, Any]) -> None:
        """A Dask worker has connected; one that reports no valid facts is ignored.

        Args:
            address: by which Dask reaches it.
            key_id: of the certificate that it connected with.
            extra: what the worker reports; Farmhand's part is under `farmhand`.
        """
        try:
            facts = NodeFacts.model_validate(extra.get("farmhand"))
        except ValidationError as error:
            _log.warning("A node of key %s is not used: %s", key_id, error)
            return
        node = Node(address, key_id, f"{self._head.name_of(key_id)} {facts.label}".strip(), facts)
        self.directory.joins(node)
        _log.info("Node %s joined (%s, %s slots, Blender %s)", node.name, facts.host, facts.slots, facts.blender)
        self._room()

    def left(self, address: str) -> None:
        node = self.nodes.remove(address)
        if node is None:
            return
        _log.info("Node %s left", node.name)
        self.directory.mark += 1
        for attempt in self.attempts:
            if attempt.node is node and attempt.is_open:
                attempt.outcome.set_exception(self._loss(attempt))
        self._room()

    def dropped(self, key: str, state: str) -> None:
        """Dask reports that an order has ended. If it has no outcome by then, it never gets one."""
        self._head.over(key)
        attempt = self.attempts.with_key(key)
        if attempt is not None and attempt.is_open:
            failure = WorkFailed(f"The node {attempt.node.name} gave no answer.", "node_fault")
            attempt.outcome.set_exception(failure if state in ("memory", "erred") else self._loss(attempt))

    def _loss(self, attempt: Attempt) -> Exception:
        on = self._lost.setdefault((attempt.job_id, attempt.frame, attempt.part), Counter())
        on[attempt.node.identity] += 1
        if len(on) < _LOST_ON and max(on.values()) < _LOST_AGAIN:
            return AttemptLost(f"{attempt.node.name} is gone")
        said = f"{len(on)} nodes were" if len(on) > 1 else f"The node {attempt.node.name} was"
        times = f" {on.total()} times" if on.total() > len(on) else ""
        on.clear()
        return WorkFailed(f"{said} lost{times} while at work on it.", "nodes_lost")

    def _rest(self, node: Node, error: WorkFailed) -> None:
        _log.warning("Node %s gets no work for %s seconds: %s", node.name, _REST_SECONDS, error.name)
        node.rests_until = time.monotonic() + _REST_SECONDS
        self.directory.mark += 1
        self._room()  # frames that wait for this node alone go elsewhere
        asyncio.get_running_loop().call_later(_REST_SECONDS, self._room)

    async def _look(self) -> None:
        """Look for what Dask does not report: nodes that are leaving, and revoked keys."""
        problem = ""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for node, is_running in [(node, self._head.is_running(node.address)) for node in self.nodes]:
                if node.is_draining == is_running:
                    node.is_draining = not is_running
                    self.directory.mark += 1
                    self._room()
            try:
                self._head.drop_revoked()
            except sqlite3.Error as error:
                _log.warning("Revoked keys could not be looked up; the farm tries again (%s)", error)
            if problem != self._head.problem:
                problem = self._head.problem
                self._room()  # update what jobs wait for

    def _room(self) -> None:
        self._changed()
        self._wakers, wakers = [], self._wakers
        for waker in wakers:
            if not waker.done():
                waker.set_result(None)

    async def _until(self, find: Callable[[], Node | None]) -> Node:
        while (node := find()) is None:
            waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._wakers.append(waker)
            await waker
        return node


class _Events(SchedulerPlugin):
    """Receives events of Dask's workers and tasks."""

    name = "farmhand"

    def __init__(self, backend: DaskBackend) -> None:
        self._backend = backend

    def add_worker(self, scheduler: Any, worker: str) -> None:
        self._backend.joined(worker, scheduler.key_ids.get(worker, ""), scheduler.workers[worker].extra or {})

    def remove_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
        self._backend.left(worker)

    def transition(self, key: Any, start: str, finish: str, *_: Any, **__: Any) -> None:
        if start == "processing" and finish in ("memory", "erred", "released", "no-worker"):
            self._backend.dropped(key, finish)
