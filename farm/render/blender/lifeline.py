"""The pipe by which a keeper learns that this program has ended (confine/keeper.py)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...confine import keeper


class Lifeline:
    """is_used: otherwise it does nothing; on Windows job objects do the same."""

    def __init__(self, is_used: bool) -> None:
        self._near: int | None = None
        self._far: int | None = None
        if is_used and sys.platform != "win32":
            self._far, self._near = os.pipe()

    def kept(self, command: Sequence[str]) -> list[str]:
        """The command, below a keeper."""
        if self._far is None:
            return list(command)
        return [sys.executable, "-I", "-S", str(keeper.__file__), str(self._far), *command]

    def inherited(self) -> tuple[int, ...]:
        """Descriptors that the keeper has from its start."""
        return () if self._far is None else (self._far,)

    def handed_over(self) -> None:
        """The keeper has its end."""
        if self._far is not None:
            os.close(self._far)
            self._far = None

    def cut(self) -> None:
        """Have the keeper end everything below it."""
        self.handed_over()
        if self._near is not None:
            os.close(self._near)
            self._near = None
