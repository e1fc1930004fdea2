"""How many files and connections this process may hold open. Standard library only."""

from __future__ import annotations

import contextlib
import sys

WANTED = 65536


def raise_limit() -> int:
    """Raise the limit as far as this user may: desktop programs may start with 256 (macOS). Returns the limit."""
    if sys.platform == "win32":
        return WANTED
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return WANTED if soft == resource.RLIM_INFINITY else soft
