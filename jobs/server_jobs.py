"""The jobs in a server's list, submitted from here or elsewhere. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.statuses import FINAL_STATUSES


@dataclass(frozen=True, slots=True)
class ServerJob:
    """One line of the list.

    id, status: as the server names them. created: Unix seconds. name: of the file that was sent, or "".
    frames: "1-250", or "" when not known; frame_count: how many, or 0.
    is_deleted: whether the server no longer has the files.
    """

    id: str
    status: str
    created: float
    name: str = ""
    frames: str = ""
    frame_count: int = 0
    is_deleted: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more is rendered."""
        return self.status in FINAL_STATUSES

    @property
    def title(self) -> str:
        """What a list calls it."""
        return self.name or self.id


def read(told: Mapping[str, Any]) -> ServerJob:
    """Read a job as `client/__main__.py` prints it."""
    return ServerJob(
        told["id"],
        told["status"],
        float(told["created"]),
        told.get("name", ""),
        told.get("frames", ""),
        int(told.get("frame_count", 0)),
        bool(told.get("is_deleted")),
    )
