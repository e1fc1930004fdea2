"""`farmhand.farm on-dask`: keeps one node running on every worker of a Dask cluster, and finds new workers.

A process beside the farm, because a Dask cluster can run code in its clients. The first line of standard
input is JSON: {"key": a node's, PEM}. Prints one JSON object a line: {"ready": true}, {"refused": why},
{"scheduler": a problem or ""} or {"worker": its name, "problem": what it is or ""}.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import logging
import operator
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import distributed
from distributed import Client, Future
from distributed.security import Security

from ...jobs.process import parent_watch
from ...jobs.version import version
from . import addresses

_ANSWER_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 60.0
"""Until a worker on which no node runs is tried again."""
_LONGEST_WAIT = 5.0
SLOT = "slot"
"""The resource by which a worker says how many frames it renders at a time (`dask worker --resources slot=2`)."""
_ON_WORKER = f"{__package__}.dask_worker"


class CannotUse(Exception):
    """This cluster is unusable; says why and what to do."""


@dataclass
class _Work:
    """The task of one worker. again: when it may be retried after a failure, by the loop's clock."""

    name: str
    future: Future[Any] | None
    again: float = 0.0
    problem: str = ""


class OnDask:
    """order: for dask_worker.run, without the values of a single worker."""

    def __init__(self, scheduler: str, security: Security | None, order: Mapping[str, Any]) -> None:
        self._scheduler = scheduler
        self._security = security
        self._order = order
        self._work: dict[str, _Work] = {}
        self._is_known = False

    async def run(self) -> None:
        """Until canceled. Raises CannotUse when the first connection fails."""
        wait = 0.5
        while True:
            self._work = {}
            try:
                await self._use()
            except CannotUse as error:
                if not self._is_known:
                    raise
                say(scheduler=str(error))
            except (OSError, TimeoutError, RuntimeError) as error:
                if not self._is_known:
                    raise CannotUse(_unreachable(self._scheduler, error)) from error
                say(scheduler=f"The Dask scheduler at {self._scheduler} does not answer.")
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _use(self) -> None:
        """Use the cluster while the connection lasts. Raises CannotUse, OSError, TimeoutError."""
        made = Client(
            self._scheduler,
            security=self._security,
            asynchronous=True,
            set_as_default=False,
            timeout=_ANSWER_SECONDS,
        )
        try:
            await asyncio.wait_for(_started(made), _ANSWER_SECONDS * 1.5)
            await self._check(made)
            self._is_known = True
            say(ready=True)
            while True:
                answer = await asyncio.wait_for(_calls(made).identity(n_workers=-1), _ANSWER_SECONDS)
                await self._look(made, answer["workers"])
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(made.close(timeout=2), 5)

    async def _check(self, client: Client) -> None:
        told = await asyncio.wait_for(_calls(client).versions(), _ANSWER_SECONDS)
        theirs, ours = told["packages"].get("distributed"), distributed.__version__
        if theirs != ours:
            raise CannotUse(
                f"The Dask scheduler at {self._scheduler} has distributed {theirs}, and this farm {ours}: they do not "
                f"understand each other. Install distributed {ours} in the cluster, or {theirs} beside the farm."
            )

    async def _look(self, client: Client, workers: Mapping[str, Mapping[str, Any]]) -> None:
        now = asyncio.get_running_loop().time()
        for address in self._work.keys() - workers.keys():
            work = self._work.pop(address)
            _tell(work, "")
            if work.future is not None:
                await client.cancel([work.future], force=True)
        for address, facts in workers.items():
            work = self._work.setdefault(address, _Work(plain_name(facts["name"]), None))
            if work.future is not None and work.future.done():
                if work.future.status in ("cancelled", "lost"):
                    raise OSError("the scheduler was started again")
                _tell(work, await _reason(work.future))
                work.future.release()
                work.future, work.again = None, now + _AGAIN_SECONDS
            if work.future is None and now >= work.again and facts["status"] == "running":
                work.future = self._submit(client, address, work.name, facts)

    def _submit(self, client: Client, address: str, name: str, facts: Mapping[str, Any]) -> Future[Any] | None:
        """Only the worker imports the module: the scheduler does not need it."""
        resources = facts["resources"]
        slots = int(resources.get(SLOT, 1))
        if slots < 1:
            return None
        key = f"farmhand-node-{uuid.uuid4().hex}"
        order = {**self._order, "slots": slots, "label": name}
        there: dict[str, Any] = {"workers": [address], "allow_other_workers": False, "pure": False, "retries": 0}
        module = client.submit(importlib.import_module, _ON_WORKER, key=f"{key}-module", **there)
        taken = {SLOT: slots} if SLOT in resources else None
        future: Future[Any] = client.submit(
            operator.methodcaller("run", order), module, key=key, resources=taken, **there
        )
        return future


def plain_name(name: object) -> str:
    """A worker's name, which defaults to its address."""
    return re.sub(r"[^\w.-]+", "-", str(name).rpartition("//")[2])[:60] or "worker"


def say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


def _tell(work: _Work, problem: str) -> None:
    if problem != work.problem:
        work.problem = problem
        say(worker=work.name, problem=problem)


async def _started(client: Client) -> None:
    await client


def _calls(client: Client) -> Any:
    """The calls that the scheduler answers."""
    return client.scheduler


async def _reason(future: Future[Any]) -> str:
    """Why no node runs on a worker, in words; "" if its node was no longer wanted."""
    if future.status != "error":
        return ""
    try:
        error = await asyncio.wait_for(future.exception(), _ANSWER_SECONDS)
    except Exception as unreadable:  # an exception whose class is not installed here
        error = unreadable
    if isinstance(error, ModuleNotFoundError):
        return f"its Python lacks {error.name or error}: install farmhand[node] {version()} there"
    return str(error) or type(error).__name__


def _unreachable(scheduler: str, error: BaseException) -> str:
    reason = str(error).strip() or type(error).__name__
    return (
        f"The Dask scheduler at {scheduler} cannot be used ({reason[:300]}). Check that it runs, its address, and the "
        "certificates."
    )


def _security(arguments: argparse.Namespace) -> Security | None:
    """From the given files, or from Dask's own configuration; None without encryption."""
    if not arguments.scheduler.startswith("tls://"):
        return None
    files = {"tls_ca_file": arguments.ca, "tls_client_cert": arguments.cert, "tls_client_key": arguments.key}
    security = Security(**{name: value for name, value in files.items() if value}, require_encryption=True)
    if not security.tls_ca_file or not security.tls_client_cert:
        raise CannotUse(
            f"{arguments.scheduler} needs certificates: give --scheduler-ca, --scheduler-cert and --scheduler-key, or "
            "set them in Dask's configuration."
        )
    return security


async def _run(arguments: argparse.Namespace, key: str) -> None:
    host, port = addresses.parsed(arguments.farm, 0)
    order = {"farmhand": version(), "host": host, "port": port, "key": key}
    await OnDask(arguments.scheduler, _security(arguments), order).run()


def main(argv: Sequence[str]) -> int:
    """Returns 2 when the cluster cannot be used."""
    parser = argparse.ArgumentParser(prog="farmhand on-dask")
    parser.add_argument("scheduler")
    parser.add_argument("--farm", required=True, help="where the farm listens for nodes, as its workers see it")
    for name in ("--ca", "--cert", "--key"):
        parser.add_argument(name, default="")
    arguments = parser.parse_args(argv)
    key = json.loads(sys.stdin.readline())["key"]
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    parent_watch.interrupt_when_stdin_closes()
    try:
        asyncio.run(_run(arguments, key))
    except CannotUse as error:
        say(refused=str(error))
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
