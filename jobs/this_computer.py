"""Which computer this is, to tell it from another one that shares the user folder. Standard library only."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
import sys
from pathlib import Path

_LINUX = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_UUID_BYTES = 16


@functools.cache
def identity() -> str:
    """A permanent identifier of this computer, different on each other one; "" if the system has none.

    A checksum, because the system's own identifier must not leave the computer.
    """
    try:
        number = _number()
    except (OSError, ValueError, AttributeError):
        number = ""
    return hashlib.sha256(f"farmhand {number}".encode()).hexdigest()[:32] if number else ""


def name() -> str:
    """The computer's name."""
    return platform.node() or "?"


def _number() -> str:
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(
            winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        ) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    if sys.platform == "darwin":
        found, wait = (ctypes.c_ubyte * _UUID_BYTES)(), (ctypes.c_long * 2)(0, 0)
        return "" if ctypes.CDLL(None).gethostuuid(found, wait) else bytes(found).hex()
    numbers = (path.read_text(encoding="ascii").strip() for path in map(Path, _LINUX) if path.is_file())
    return next((number for number in numbers if number), "")
