"""Calls a server in a process of its own, so that Blender and the command line need not wait for it.

    launch.py … client SERVER_URL CA_FILE WHAT [ARGUMENT …] < key

WHAT: `test` (does it answer and accept the key?), `jobs STATUS PAGE COUNT`, `cancel JOB`, `follow JOB`, and for farms
`nodes`, `stop-node NODE`, `use-node NODE`, `job-nodes JOB`, `same-device JOB`, `any-device JOB`.
CA_FILE: additional CA certificates, the same that the courier trusts, or "". The key is read from standard input. The
output is one JSON object, or one per line with `follow`: {"ok": bool, …}; on failure with "text", an encoded Message.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from . import server_jobs
from .errors import FarmhandError
from .farm_nodes import FarmService
from .message import Message, msg
from .network.network import NetworkSettings
from .service import Service

_OF_FARMS = ("nodes", "stop-node", "use-node", "job-nodes", "same-device", "any-device")


def main(argv: Sequence[str]) -> int:
    """Ask the server named by the first argument. Returns 0, or 3 when it did not do what was asked."""
    url, ca_file, *words = argv
    network = NetworkSettings(ca_file=ca_file)
    try:
        with ExitStack() as open_:
            key = sys.stdin.read().strip()
            if words[0] in _OF_FARMS:
                answers = _of_farm(open_.enter_context(FarmService(url, key, network=network)), *words)
            else:
                farm = open_.enter_context(FarmService(url, key, network=network))
                answers = _answers(open_.enter_context(Service(url, key, network=network)), farm, *words)
            for answer in answers:
                print(json.dumps({"ok": True, **answer}), flush=True)
    except FarmhandError as problem:
        # `meaning` says what an error means for a render; no render is concerned here.
        text = Message.joined((problem.what, problem.advice)).encoded()
        print(json.dumps({"ok": False, "text": text, "code": problem.code}))
        return 3
    return 0


def _of_farm(farm: FarmService, what: str, name: str = "") -> Iterator[dict[str, Any]]:
    """name: the id of a node or of a job."""
    if what == "nodes":
        yield farm.nodes()
    elif what == "job-nodes":
        yield farm.job_nodes(name)
    elif what in ("same-device", "any-device"):
        yield farm.choose_device(name, is_same=what == "same-device")
    else:
        yield farm.use_node(name, is_used=what == "use-node")


def _answers(service: Service, farm: FarmService, what: str, *words: str) -> Iterator[dict[str, Any]]:
    if what == "test":
        service.list_jobs(page=1)
        yield {"text": msg("The server is reachable and accepts the key.").encoded()}
    elif what == "jobs":
        status, page, count = words
        jobs = server_jobs.newest_first(service, status, int(page), int(count))
        yield {**jobs, "nodes": farm.nodes() if service.is_farm else None}
    elif what == "cancel":
        yield {"job": server_jobs.canceled(service, words[0])}
    elif what == "follow":
        for job in server_jobs.followed(service, words[0]):
            yield {"job": job}
    else:
        raise ValueError(what)
