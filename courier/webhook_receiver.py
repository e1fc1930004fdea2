"""Takes the service's webhooks and brings each finished job's frames into a folder, through the usual pipeline.

A delivery is written to the journal before it is answered, so that it cannot be lost; a repeated one changes nothing,
be it the service's or a stranger's copy. Strangers may come as well: what they can hold up and fill is bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..client.errors import BadDelivery, FarmhandError, LocalProblem
from ..client.network import http_server
from ..client.plain_text import tidy
from ..client.webhooks import RENDER_COMPLETE, Delivery, fresh_signature, verify
from ..jobs import submit, user_folder
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import State
from ..jobs.process import open_files, parent_watch
from ..jobs.process.file_lock import is_held
from ..jobs.user_folder import UserFolder
from .frames import safe_paths
from .process import launcher
from .webhook_bodies import WebhookBodies

HEAD_SECONDS = 1.0
CONNECTIONS = 256
"""The one that has been silent for longest is closed for the next: a delivery arrives quickly."""
CARE_SECONDS = 5.0
"""How often to check whether the courier still works."""
_UNDER_WAY = frozenset({State.QUEUED, State.ACTIVE})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Receiver:
    """output: each job's frames are saved in a folder below it, named by the job's id."""

    home: UserFolder
    server_url: str
    keys: Mapping[str, str]
    secret: str
    output: Path

    def take(self, headers: Mapping[str, str], body: bytes | bytearray) -> Delivery:
        """Check a delivery, record what it asks for, and wake the courier. Raises BadDelivery, LocalProblem."""
        delivery = verify(self.secret, headers, body)
        if delivery.event == RENDER_COMPLETE:
            folder = self._folder(delivery.job_id)
            submit.bring_job(self.home, self.server_url, delivery.job_id, folder)
            launcher.ensure_courier(self.home, self.keys)
        return delivery

    def care(self) -> None:
        """Restart a courier that has died, or ended with the machine, while frames were being downloaded."""
        if is_held(self.home.lock) or not self.home.journal.exists():
            return
        with Journal(self.home.journal) as journal:
            is_under_way = any(one.state in _UNDER_WAY for one in journal.submissions(unfinished=True))
        if is_under_way:
            launcher.ensure_courier(self.home, self.keys)

    def _folder(self, job_id: str) -> Path:
        try:
            return safe_paths.inside(self.output, job_id)
        except LocalProblem as problem:
            raise BadDelivery("Refused a delivery with an invalid job id.", status=400) from problem


class _Endpoint:
    """Answers each delivery, whatever path it was sent to."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._bodies = WebhookBodies()

    async def answer(self, request: Request) -> Response:
        try:
            fresh_signature(request.headers)
            async with self._bodies.received(request) as body:
                delivery = await run_in_threadpool(self._receiver.take, request.headers, body)
            _log.info("%s of job %s", tidy(delivery.event), tidy(delivery.job_id))
            return _answer(200, {"received": delivery.event})
        except BadDelivery as error:
            _log.warning("%s", tidy(str(error)))
            return _answer(error.status, {"error": {"code": "refused", "message": error.what}})
        except FarmhandError as error:
            _log.error("%s", error)
            message = "The delivery could not be saved; try again."
            return _answer(503, {"error": {"code": error.code, "message": message}})


def _answer(status: int, content: object) -> Response:
    return JSONResponse(content, status, {"Connection": "close"})


async def _care(receiver: Receiver) -> None:
    while True:
        try:
            await run_in_threadpool(receiver.care)
        except FarmhandError as error:  # a full disk, most likely: the next check is soon
            _log.error("%s", error)
        await asyncio.sleep(CARE_SECONDS)


async def _serve(receiver: Receiver, listener: socket.socket) -> None:
    route = Route("/{path:path}", _Endpoint(receiver).answer, methods=["POST"])
    server = uvicorn.Server(
        http_server.config(Starlette(routes=[route]), http_server.bounded(CONNECTIONS, HEAD_SECONDS))
    )
    beside = [
        asyncio.create_task(_care(receiver)),
        asyncio.create_task(http_server.close_late_ones(server.server_state)),
    ]
    await server.serve(sockets=[listener])
    for task in beside:
        task.cancel()


def main(argv: Sequence[str]) -> int:
    """Listen until interrupted. Returns 2 when it cannot start, 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    secret = os.environ.pop(arguments.secret_env, "")  # the courier that we start does not need it
    if not secret:
        return _refuse(f"The webhook secret is missing: set {arguments.secret_env} to the service's webhook secret.")
    key = os.environ.get("FARMHAND_API_KEY", "")
    place, output = user_folder.find(), Path(arguments.output).absolute()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    parent_watch.interrupt_when_stdin_closes()
    open_files.raise_limit()
    try:
        listener = http_server.listen(arguments.host, arguments.port)
    except OSError as error:
        return _refuse(f"Could not listen on {arguments.host}:{arguments.port} ({error.strerror}).")
    receiver = Receiver(place, arguments.server, {arguments.server: key} if key else {}, secret, output)
    print(json.dumps({"listening": listener.getsockname()[1], "output": str(output)}), flush=True)
    try:
        asyncio.run(_serve(receiver, listener))
    except KeyboardInterrupt:
        return 130
    return 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="farmhand receive", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret-env", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--output", required=True)
    return parser
