"""Packages that are being made: the timer follows them until they are passed on. Does not use bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...client.errors import FarmhandError
from ..jobs.snapshot import PackingRow


class Packing(Protocol):
    """The interface of what `scene.packing.package.start` returns."""

    folder: Path
    finished: bool
    problem: FarmhandError | None

    def poll(self) -> float | None: ...
    def cancel(self) -> None: ...


@dataclass(slots=True)
class _Pending:
    name: str
    packing: Packing
    then: Callable[[Packing], None]
    factor: float = 0.0


class PackingQueue:
    """Packages that are being made, oldest first."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def __bool__(self) -> bool:
        return bool(self._pending)

    def add(self, name: str, packing: Packing, then: Callable[[Packing], None]) -> None:
        """Follow a package.

        Args:
            name: for the row in the panel.
            packing: one that has been started.
            then: called once, when it has finished or failed.
        """
        self._pending.append(_Pending(name, packing, then))

    def rows(self) -> tuple[PackingRow, ...]:
        """What the panels show of them."""
        return tuple(PackingRow(pending.name, pending.factor) for pending in self._pending)

    def follow(self) -> None:
        """Poll each for its progress, and pass on the finished ones."""
        for pending in list(self._pending):
            pending.factor = pending.packing.poll() or pending.factor
            if pending.packing.finished:
                self._pending.remove(pending)
                pending.then(pending.packing)

    def cancel(self) -> bool:
        """Stop making packages. Returns whether there was one."""
        had_some = bool(self._pending)
        for pending in self._pending:
            pending.packing.cancel()
        self._pending.clear()
        return had_some
