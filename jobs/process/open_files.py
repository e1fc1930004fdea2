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
    while soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
        wanted //= 2  # macOS refuses more than kern.maxfilesperproc, such as 61440 or 10240, and tells of no limit
    return WANTED if soft == resource.RLIM_INFINITY else soft
