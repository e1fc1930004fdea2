"""macOS: Apple's sandbox, by `sandbox-exec` and a profile. Written from its documentation; not tried on a Mac."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .places import Places

_PROFILE = """(version 1)
(deny default)
(allow process-exec) (deny process-fork)
(allow sysctl-read) (allow mach-lookup) (allow iokit-open) (allow ipc-posix-shm*) (allow signal (target self))
(deny network*)
(allow file-read-metadata)
(allow file-read* (literal "/") (subpath "/System") (subpath "/usr") (subpath "/Library/Fonts")
  (subpath "/Library/Apple") (subpath "/private/var/db/dyld") (literal "/dev/urandom") (literal "/dev/random"))
(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero"))
"""


def is_usable() -> bool:
    return sys.platform == "darwin" and shutil.which("sandbox-exec") is not None


def wrap(command: Sequence[str], seen: Places) -> list[str]:
    """The command in a sandbox with access to its own files only, and no network."""
    rules = [_PROFILE]
    rules += [f"(allow file-read* (subpath {_quoted(path)}))" for path in seen.readable]
    rules += [f"(allow file-read* file-write* (subpath {_quoted(path)}))" for path in seen.writable]
    return ["sandbox-exec", "-p", "\n".join(rules), *command]


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
