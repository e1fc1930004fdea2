"""Who may use the farm: its secret, the token for people of this computer, and the file that tells them.

Like a notebook server, a farm makes its own token and leaves it, with its address, in a file that only the same user
can read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from ..client import files
from ..jobs.private_folder import make_private, write_private
from ..jobs.process import lock_holder
from ..jobs.process.file_lock import Lock

ACCESS_FILE = "access.json"
_LOCK_SECONDS = 1.0
"""Asking takes the lock for a moment."""


def load_secret(data: Path) -> bytes:
    """The farm's secret, made at its first start: signed links and the token outlive a restart."""
    path = data / "secret"
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        secret = secrets.token_bytes(32)
        _write_private(path, secret.hex())
        return secret


def token_of(secret: bytes) -> str:
    """The bearer token that access.json holds."""
    return "FH-" + hmac.new(secret, b"token", hashlib.sha256).hexdigest()


def write_access(data: Path, url: str, token: str, version: str, *, has_nodes: bool = False) -> None:
    """Tell this user's programs where the farm listens, with which token, and whether other computers may help."""
    entry = {"url": url, "token": token, "pid": os.getpid(), "version": version, "hasNodes": has_nodes}
    _write_private(data / ACCESS_FILE, json.dumps(entry) + "\n")


def remove_access(data: Path) -> None:
    files.remove(data / ACCESS_FILE, missing_ok=True)


def lock(data: Path) -> Lock | None:
    """Make the data folder, for this user alone, and hold it until this process ends; None when another farm has it.

    The holder may believe access.json: what a killed farm left there is removed. Its holder is
    written into the lock, so that the old address is not taken for the new farm's before it is removed.
    """
    os.umask(0o077)
    make_private(data)
    held = Lock(data / "farm.lock")
    if not held.acquire(_LOCK_SECONDS):
        return None
    lock_holder.sign(held, lock_holder.Role.FARM)
    remove_access(data)
    return held


def _write_private(path: Path, text: str) -> None:
    """Write whole or not at all, readable by this user alone from the first byte."""
    temporary = path.with_suffix(".part")
    files.remove(temporary, missing_ok=True)
    write_private(temporary, text)
    files.replace(temporary, path)
