"""What Dask's scheduler sees of a node's messages: written anew from the few values that matter, which are checked.

Dask trusts its workers: it opens pickles that a report holds, and a value of the wrong kind, or an address that is
written differently, leaves the scheduler changed by half or changes another worker.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Any

from distributed.core import Status
from distributed.versions import get_versions

_STIMULUS = "farmhand-node"
_SCHEME = "tls://"
_METRICS = {
    "bandwidth": {"total": 100_000_000, "workers": {}, "types": {}},
    "digests_total_since_heartbeat": {},
    "memory": 0,
    "spilled_bytes": {"memory": 0, "disk": 0},
}
"""Dask's own value for the bandwidth; nothing that a farm decides depends on them."""


class NotAllowed(OSError):
    """A node sent a message that nodes may not send; Dask closes its connection."""


def is_node_address(address: object) -> bool:
    """Whether this is an address as nodes make it up: of the loopback network, and written as Dask would write it."""
    if not isinstance(address, str):
        return False
    host, _, port = address.removeprefix(_SCHEME).rpartition(":")
    try:
        number = int(port)
        written = f"{_SCHEME}{ipaddress.IPv4Address(host)}:{number}"
    except ValueError:
        return False
    return written == address and host.startswith("127.") and 0 < number < 65536


def registration(address: str, name: str, message: dict[str, Any]) -> dict[str, Any]:
    """A node joins.

    Args:
        address: its own, which is checked.
        name: that Dask gets to know it by.
        message: of the node; only what it says about itself is passed on (`nodes.NodeFacts` checks it).
    """
    extra = message.get("extra")
    return {
        "op": "register-worker",
        "reply": False,
        "address": address,
        "resolve_address": False,
        "name": name,
        "server_id": name,
        "status": Status.init.name,
        "nthreads": 1,
        "now": time.time(),
        "resources": {},
        "memory_limit": 0,
        "metrics": _METRICS,
        "services": {},
        "local_directory": "",
        "versions": get_versions(),
        "nanny": None,
        "extra": {"farmhand": extra.get("farmhand")} if isinstance(extra, dict) else {},
        "stimulus_id": _STIMULUS,
    }


def heartbeat(address: str) -> dict[str, Any]:
    return {
        "op": "heartbeat_worker",
        "address": address,
        "resolve_address": False,
        "now": time.time(),
        "metrics": _METRICS,
    }


def end_of_calls(message: dict[str, Any]) -> dict[str, Any]:
    return {"op": "close", "reply": message.get("reply") is not False}


def status_change(worker: str, report: dict[str, Any]) -> dict[str, Any]:
    """A node takes work, or takes no more. Raises NotAllowed."""
    status = report.get("status")
    if not isinstance(status, str) or status not in Status.__members__:
        raise NotAllowed("an unknown status")
    return {"op": "worker-status-change", "worker": worker, "status": status, "stimulus_id": _STIMULUS}


def end_of_order(worker: str, report: dict[str, Any]) -> dict[str, Any]:
    """An order of this node is over; its outcome comes over HTTPS, and so the report says no more. Raises NotAllowed.

    Args:
        worker: the node's address.
        report: whose key is that of an order of this node.
    """
    run_id = report.get("run_id")
    if not isinstance(run_id, int):
        raise NotAllowed("a report of no run")
    same = {"key": report["key"], "run_id": run_id, "worker": worker, "stimulus_id": _STIMULUS}
    if report["op"] == "task-erred":
        failure = RuntimeError("the node's program failed")
        none = {"traceback": None, "exception_text": "", "traceback_text": ""}
        return {"op": "task-erred", **same, "exception": failure, **none}
    nothing = {"nbytes": 1, "type": b"", "typename": "", "metadata": {}, "startstops": []}
    return {"op": "task-finished", **same, **nothing}
