"""Who may call the farm: keys, each with a role and a workspace. The farm stores only hashes of them.

A key has 256 random bits, so one round of SHA-256 cannot be reversed; slow hashes are for passwords.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from ..errors import CannotStart
from .database import Database
from .records import now

_USE_IS_NOTED_EVERY = 60.0
"""Seconds: a client that asks often must not make the farm write often."""


class Role(StrEnum):
    """SUBMIT: jobs of the key's workspace. RENDER: computers that render for the farm. MONITOR: /metrics alone.

    ADMIN: as SUBMIT, and the queue of all workspaces, disk, workers, metrics.
    """

    SUBMIT = "submit"
    RENDER = "render"
    ADMIN = "admin"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call. key_id: "" for the farm's own token."""

    workspace_id: str
    role: Role
    key_id: str = ""

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    def reaches(self, workspace_id: str) -> bool:
        """Whether this caller may see and control a workspace: its own; for admins, all."""
        return self.is_admin or workspace_id == self.workspace_id


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The public part of a key. used, revoked: Unix seconds, or None for never."""

    id: str
    name: str
    workspace: str
    role: Role
    created: float
    used: float | None
    revoked: float | None


class Keys:
    """The keys of one farm. A key works from the moment it is created until the moment it is revoked."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._noted: dict[str, float] = {}

    def create(self, name: str, workspace_id: str, role: Role) -> tuple[KeyRecord, str]:
        """A new key and its text, which cannot be retrieved later.

        Args:
            name: for people; several keys may have the same.
            workspace_id: the workspace whose jobs it can access.
            role: what it may do there.
        """
        key = f"FH-{secrets.token_hex(32)}"
        digest = _digest(key.encode())
        with self._db.write():
            self._db.execute(
                "INSERT INTO keys (id, digest, name, workspace_id, role, created) VALUES (?, ?, ?, ?, ?, ?)",
                (digest.hex()[:8], digest, name, workspace_id, role, now()),
            )
        return self.get(digest.hex()[:8]), key

    def get(self, key_id: str) -> KeyRecord:
        """Raises CannotStart if the key does not exist."""
        for record in self.all():
            if record.id == key_id:
                return record
        raise CannotStart(f"Key {key_id} not found. Run `farmhand farm keys list` to list all keys.")

    def all(self) -> list[KeyRecord]:
        """Every key, revoked ones too, oldest first."""
        rows = self._db.execute(
            "SELECT keys.id, keys.name, workspaces.name AS workspace, role, keys.created, used, revoked "
            "FROM keys JOIN workspaces ON workspaces.id = workspace_id ORDER BY keys.created, keys.id"
        )
        return [KeyRecord(**{**row, "role": Role(row["role"])}) for row in rows]

    def revoke(self, key_id: str) -> KeyRecord:
        """Revoke a key: it is refused from now on. Raises CannotStart if it does not exist."""
        with self._db.write():
            self._db.execute("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (now(), key_id))
        return self.get(key_id)

    def name_for_node(self, key_id: str) -> str:
        """The name of a key that a computer may render with; "" if it is unknown, revoked or has another role."""
        row = self._db.execute(
            "SELECT name FROM keys WHERE id = ? AND role = ? AND revoked IS NULL", (key_id, Role.RENDER)
        ).fetchone()
        return row["name"] if row else ""

    def is_known(self, key_id: str) -> bool:
        """Whether there is such a key, revoked or not."""
        return self._db.execute("SELECT 1 FROM keys WHERE id = ?", (key_id,)).fetchone() is not None

    def caller(self, key: bytes) -> Caller | None:
        """Whose key this is; None if it is unknown or revoked."""
        row = self._db.execute(
            "SELECT id, workspace_id, role FROM keys WHERE digest = ? AND revoked IS NULL", (_digest(key),)
        ).fetchone()
        if row is None:
            return None
        self._note_use(row["id"])
        return Caller(row["workspace_id"], Role(row["role"]), row["id"])

    def _note_use(self, key_id: str) -> None:
        if now() - self._noted.get(key_id, 0.0) < _USE_IS_NOTED_EVERY:
            return
        self._noted[key_id] = now()
        try:
            with self._db.write():
                self._db.execute("UPDATE keys SET used = ? WHERE id = ?", (now(), key_id))
        except sqlite3.OperationalError:
            return  # the disk is full, most likely: the call itself may need no room


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
