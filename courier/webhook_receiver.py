"""Takes the service's webhooks and brings each finished job's frames into a folder, through the usual pipeline.

A delivery is written to the journal before it is answered, so that it cannot be lost; a repeated one changes nothing,
be it the service's or a stranger's copy.  Strangers may come as well: what they can hold up and fill is bounded.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..client.errors import BadDelivery, FarmhandError, LocalProblem
from ..client.webhooks import MAX_BODY_BYTES, RENDER_COMPLETE, Delivery, signed_headers, verify
from ..jobs import submit, user_folder
from ..jobs.file_lock import is_held
from ..jobs.journal import Journal
from ..jobs.submission import State
from ..jobs.user_folder import UserFolder
from .frames import safe_paths
from .process import launcher

READ_SECONDS = 4.0
"""For a whole request.  The service waits 7 seconds for an answer; whoever sends slower than this is not it."""
AT_A_TIME = 4
"""Requests that are read at once, each into memory; others wait their turn before a byte of them is read."""
CARE_SECONDS = 5.0
"""How often to look whether the courier still works."""
_UNDER_WAY = frozenset({State.QUEUED, State.ACTIVE})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Receiver:
    """output: each job's frames land in a folder below it that has the job's id."""

    home: UserFolder
    server_url: str
    keys: Mapping[str, str]
    secret: str
    output: Path

    def take(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check a delivery, write down what it asks for, and wake the courier.  Raises BadDelivery, LocalProblem."""
        delivery = verify(self.secret, headers, body)
        if delivery.event == RENDER_COMPLETE:
            folder = self._folder(delivery.job_id)
            submit.bring_job(self.home, self.server_url, delivery.job_id, folder)
            launcher.ensure_courier(self.home, self.keys)
        return delivery

    def care(self) -> None:
        """Start a courier again that has died, or ended with the machine, while frames were under way."""
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "farmhand"
    sys_version = ""
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(_Timely(self.connection, READ_SECONDS))

    def do_POST(self) -> None:
        self.close_connection = True
        try:
            headers = dict(self.headers.items())
            signed_headers(headers)
            delivery = self.server.receiver.take(headers, self._body())
            _log.info("%s of job %s", delivery.event, delivery.job_id)
            self._answer(200, {"received": delivery.event})
        except BadDelivery as error:
            _log.warning("%s", error)
            self._answer(error.status, {"error": {"code": "refused", "message": error.what}})
        except FarmhandError as error:
            _log.error("%s", error)
            self._answer(503, {"error": {"code": error.code, "message": "The delivery could not be saved; try again."}})

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise BadDelivery("Refused a delivery without a content length.", status=411)
        if int(length) > MAX_BODY_BYTES:
            raise BadDelivery(f"Refused a delivery of {int(length):,} bytes, which is too large.", status=413)
        try:
            body = self.rfile.read(int(length))
        except TimeoutError:
            raise BadDelivery(
                f"Refused a delivery that took longer than {READ_SECONDS:.0f} seconds.", status=408
            ) from None
        if len(body) != int(length):
            raise BadDelivery("Refused an incomplete delivery.", status=400)
        return body

    def _answer(self, status: int, words: object) -> None:
        body = json.dumps(words).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are logged once they are understood; a stranger's words are not."""


class _Timely(io.RawIOBase):
    """What a connection brings until a deadline for all of it: a limit for each read would never end a drip."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"  # there it lets strangers listen at the same port
    receiver: Receiver

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self._room = threading.BoundedSemaphore(AT_A_TIME)
        self._care_at = 0.0

    def service_actions(self) -> None:
        if time.monotonic() >= self._care_at:
            self._care_at = time.monotonic() + CARE_SECONDS
            try:
                self.receiver.care()
            except FarmhandError as error:  # a full disk, most likely: the next look is soon
                _log.error("%s", error)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()


def main(argv: Sequence[str]) -> int:
    """Listen until interrupted.  Returns 2 when it cannot start, 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    secret = os.environ.pop(arguments.secret_env, "")  # the courier that we start has no use for it
    if not secret:
        return _refuse(f"The webhook secret is missing: set {arguments.secret_env} to the service's webhook secret.")
    key = os.environ.get("FARMHAND_API_KEY", "")
    place, output = user_folder.find(), Path(arguments.output).absolute()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        listener = _Listener((arguments.host, arguments.port))
    except OSError as error:
        return _refuse(f"{arguments.host}:{arguments.port} cannot be listened on ({error.strerror}).")
    listener.receiver = Receiver(place, arguments.server, {arguments.server: key} if key else {}, secret, output)
    with listener:
        print(json.dumps({"listening": listener.server_address[1], "output": str(output)}), flush=True)
        try:
            listener.serve_forever()
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
