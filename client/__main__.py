"""Asks a server what Blender and the command line must not wait for themselves.

    launch.py … client SERVER_URL CA_FILE WHAT [ARGUMENT …] < key

WHAT: `test` (does it answer, and does it take the key?), `jobs STATUS PAGE COUNT`, `cancel JOB`, `follow JOB`.
CA_FILE: an office's own certificates, which the courier trusts as well, or "". The key comes on standard input; the
answer is one JSON object, with `follow` one a line: {"ok": bool, …}, and where it is not, "text": an encoded Message.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from . import server_jobs
from .errors import FarmhandError
from .message import Message, msg
from .network.network import NetworkSettings
from .service import Service


def main(argv: Sequence[str]) -> int:
    """Ask the server named by the first argument. Returns 0, or 3 when it did not do what was asked."""
    url, ca_file, *words = argv
    try:
        with Service(url, sys.stdin.read().strip(), network=NetworkSettings(ca_file=ca_file)) as service:
            for answer in _answers(service, *words):
                print(json.dumps({"ok": True, **answer}), flush=True)
    except FarmhandError as problem:
        # What it means is said of a render, and this is about none.
        text = Message.joined((problem.what, problem.advice)).encoded()
        print(json.dumps({"ok": False, "text": text, "code": problem.code}))
        return 3
    return 0


def _answers(service: Service, what: str, *words: str) -> Iterator[dict[str, Any]]:
    if what == "test":
        service.list_jobs(page=1)
        yield {"text": msg("The server is reachable and accepts the key.").encoded()}
    elif what == "jobs":
        status, page, count = words
        yield server_jobs.newest_first(service, status, int(page), int(count))
    elif what == "cancel":
        yield {"job": server_jobs.canceled(service, words[0])}
    elif what == "follow":
        for job in server_jobs.followed(service, words[0]):
            yield {"job": job}
    else:
        raise ValueError(what)
