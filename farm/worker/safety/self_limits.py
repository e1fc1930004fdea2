"""Limits that a worker imposes on itself before it opens a stranger's file, including denied system calls."""

from __future__ import annotations

import os
import sys
from typing import Any

from . import call_filter


def apply(options: dict[str, Any]) -> list[str]:
    """Returns what holds now: "limits", "system calls", and "alone" if no other process is in its namespace.

    options: from the farm; without them, nothing is applied.
    """
    applied = []
    if options.get("limits") and sys.platform != "win32":
        _limit(options["limits"])
        applied.append("limits")
    if options.get("filter") and sys.platform == "linux" and _filter(options):
        applied.append("system calls")
    if os.getpid() == 1:  # it has no parent there, and the filter denies it children
        applied.append("alone")
    return applied


def _filter(options: dict[str, Any]) -> bool:
    return call_filter.is_set(allows_shared_memory=bool(options.get("sharedMemory")))


def _limit(limits: dict[str, int]) -> None:
    import resource

    wanted = {"RLIMIT_DATA": limits["memory"], "RLIMIT_FSIZE": limits["file"], "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (most, most))
