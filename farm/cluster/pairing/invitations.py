"""Open invitations: a file each in the farm's folder, made by `farmhand farm invite --code` or the panel.

A file holds a value derived from the code, never the code, and is removed on use: it is valid for one computer.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from ....client import files
from ....jobs.private_folder import replace_private
from . import pairing_code

GOOD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Invitation:
    """name: for the computer, or "" to use the one that it reports."""

    name: str
    key: bytes
    until: float
    file: Path

    def use(self) -> bool:
        """Use up the invitation. Returns whether that worked: a code is for one computer only."""
        try:
            files.remove(self.file)
        except OSError:
            return False
        return True


def invite(folder: Path, name: str) -> str:
    """The code of a new invitation. folder: the farm's folder for nodes."""
    code = pairing_code.new_code()
    place = folder / "invitations"
    place.mkdir(parents=True, exist_ok=True)
    told = {"name": name, "key": pairing_code.key_of(code).hex(), "until": time.time() + GOOD_SECONDS}
    replace_private(place / f"{uuid.uuid4().hex}.json", json.dumps(told))
    return code


def find(folder: Path, proof: str, certificate: bytes, name: str) -> Invitation | None:
    """The open invitation whose code a computer has proved to know, or None. Removes expired ones.

    Args:
        folder: the farm's folder for nodes.
        proof: as `pairing_code.proof` makes it.
        certificate: of the connection on which the proof came, DER.
        name: what the computer calls itself.
    """
    found = None
    for file in (folder / "invitations").glob("*.json"):
        one = _read(file)
        if one is None or one.until < time.time():
            with contextlib.suppress(OSError):
                files.remove(file)
            continue
        wanted = pairing_code.proof(one.key, pairing_code.NODE, certificate, name)
        if hmac.compare_digest(wanted.encode(), proof.encode()):
            found = one
    return found


def _read(file: Path) -> Invitation | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Invitation(str(told["name"]), bytes.fromhex(told["key"]), float(told["until"]), file)
    except (OSError, ValueError, KeyError, TypeError):
        return None
