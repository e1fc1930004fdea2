"""The nodes that the farm was asked not to use, kept when they leave and when the farm ends."""

from __future__ import annotations

from .database import Database
from .records import now


class StoppedNodes:
    """By the ids of nodes (render/backend.NodeState)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def __contains__(self, node_id: str) -> bool:
        return self._db.execute("SELECT 1 FROM stopped_nodes WHERE id = ?", (node_id,)).fetchone() is not None

    def add(self, node_id: str) -> None:
        with self._db.write():
            self._db.execute("INSERT OR IGNORE INTO stopped_nodes (id, since) VALUES (?, ?)", (node_id, now()))

    def remove(self, node_id: str) -> None:
        with self._db.write():
            self._db.execute("DELETE FROM stopped_nodes WHERE id = ?", (node_id,))
