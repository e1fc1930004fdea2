"""Who may use the farm: its secret, the token for people of this computer, and the file that contains the token.

Like a notebook server, a farm makes its own token and leaves it, with its address, in a file that only the same user
can read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from ..client import files
from ..jobs.private_folder import make_private, replace_private
from ..jobs.process import lock_holder
from ..jobs.process.file_lock import Lock
from .errors import CannotStart

ACCESS_FILE = "access.json"
_SECRET_BYTES = 32
_LOCK_SECONDS = 1.0
"""Asking takes the lock for a moment."""


def load_secret(data: Path) -> bytes:
    """The farm's secret, made at its first start: signed links and the token outlive a restart.

    A file that a power cut has emptied is replaced: anyone could compute the token of an empty secret.
    """
    path = data / "secret"
    with contextlib.suppress(FileNotFoundError, ValueError):
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
        if len(secret) == _SECRET_BYTES:
            return secret
    secret = secrets.token_bytes(_SECRET_BYTES)
    replace_private(path, secret.hex())
    return secret


def token_of(secret: bytes) -> str:
    """The bearer token that access.json holds."""
    return "FH-" + hmac.new(secret, b"token", hashlib.sha256).hexdigest()


def write_access(data: Path, url: str, token: str, version: str, *, has_nodes: bool = False) -> None:
    """Tell this user's programs where the farm listens, in a file that nobody else can read.

    The parent's PID is for Windows: a venv's Python starts another one, and the farm's starter knows only the first.

    Args:
        data: the farm's folder.
        url: by which a program on this computer reaches the farm.
        token: a key that may do everything, good until the farm ends.
        version: Farmhand's, so that a newer one can replace this farm.
        has_nodes: whether other computers may join to render.

    Raises:
        OSError: the folder cannot be written.
    """
    processes = {"pid": os.getpid(), "parent": os.getppid()}
    entry = {"url": url, "token": token, **processes, "version": version, "hasNodes": has_nodes}
    replace_private(data / ACCESS_FILE, json.dumps(entry) + "\n")


def remove_access(data: Path) -> None:
    files.remove(data / ACCESS_FILE, missing_ok=True)


def lock(data: Path) -> Lock | None:
    """Create the data folder, for this user only, and lock it until this process ends; None if another farm holds it.

    Removes the access.json of a killed farm, so that one that exists can be trusted. The holder is
    written into the lock first, so that the old address is not taken for the new farm's until then.
    Raises CannotStart where the folder cannot be used.
    """
    os.umask(0o077)
    try:
        make_private(data)
        held = Lock(data / "farm.lock")
        if not held.acquire(_LOCK_SECONDS):
            return None
        lock_holder.sign(held, lock_holder.HolderRole.FARM)
        remove_access(data)
    except OSError as error:
        raise cannot_use(data, error) from error
    return held


def cannot_use(data: Path, error: OSError) -> CannotStart:
    """The error for a farm's or a node's folder that cannot be used: says why and what to do."""
    place = error.filename or data
    return CannotStart(
        f"{place} cannot be used ({error.strerror or error}). Make sure that its disk has free space and that you may "
        "write there, or choose another folder with --data."
    )
