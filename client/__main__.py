"""Asks a server one question, for *Test Connection*: does it answer, and does it take the key?

    launch.py … client SERVER_URL [CA_FILE] < key

CA_FILE: an office's own certificates, which the courier trusts as well.  The key comes on standard input; the answer
is one JSON object: {"ok": bool, "text": an encoded Message}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .errors import FarmhandError
from .message import Message, msg
from .network import NetworkSettings
from .service import Service


def main(argv: Sequence[str]) -> int:
    """Ask the server named by the first argument."""
    network = NetworkSettings(ca_file=argv[1] if len(argv) > 1 else "")
    try:
        with Service(argv[0], sys.stdin.read().strip(), network=network) as service:
            service.list_jobs(page=1)
        answer = {"ok": True, "text": msg("The server is reachable and accepts the key.").encoded()}
    except FarmhandError as problem:
        # What it means is said of a render, and there is none yet.
        answer = {"ok": False, "text": Message.joined((problem.what, problem.advice)).encoded()}
    print(json.dumps(answer))
    return 0 if answer["ok"] else 3
