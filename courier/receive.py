"""Takes the service's webhooks and brings each finished job's frames into a folder, through the usual pipeline.

A delivery is written to the journal before it is answered, so that it cannot be lost; a repeated one changes nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ..client.errors import BadDelivery, FarmhandError, LocalProblem
from ..client.webhooks import MAX_BODY_BYTES, RENDER_COMPLETE, Delivery, verify
from . import home, launcher, paths, submit
from .home import Home

READ_SECONDS = 5.0
"""The service waits 7 seconds for an answer; whoever sends slower than this is not it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Receiver:
    """output: each job's frames land in a folder below it that has the job's id."""

    home: Home
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

    def _folder(self, job_id: str) -> Path:
        try:
            return paths.inside(self.output, job_id)
        except LocalProblem as problem:
            raise BadDelivery("A delivery whose job id cannot name a folder was refused.", status=400) from problem


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "farmhand"
    sys_version = ""
    timeout = READ_SECONDS
    server: _Listener

    def do_POST(self) -> None:
        self.close_connection = True
        try:
            delivery = self.server.receiver.take(dict(self.headers.items()), self._body())
            _log.info("%s of job %s", delivery.event, delivery.job_id)
            self._answer(200, {"received": delivery.event})
        except BadDelivery as error:
            _log.warning("%s", error)
            self._answer(error.status, {"error": {"code": "refused", "message": error.what}})
        except FarmhandError as error:
            _log.error("%s", error)
            self._answer(503, {"error": {"code": error.code, "message": "It could not be written down: try again."}})

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise BadDelivery("A delivery that does not say its length was refused.", status=411)
        if int(length) > MAX_BODY_BYTES:
            raise BadDelivery(
                f"A delivery of {int(length):,} bytes was refused: no real one is that large.", status=413
            )
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise BadDelivery("A delivery that ended early was refused.", status=400)
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


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


def main(argv: Sequence[str]) -> int:
    """Listen until interrupted.  Returns 2 when it cannot start, 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    secret = os.environ.get(arguments.secret_env, "")
    if not secret:
        return _refuse(f"The webhook secret is missing: set {arguments.secret_env} to the service's webhook secret.")
    key = os.environ.get("FARMHAND_API_KEY", "")
    place, output = home.find(), Path(arguments.output).absolute()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        listener = _Listener((arguments.host, arguments.port), _Handler)
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
