"""The pipe by which a worker (worker/farm_watch.py) and its keeper (confine/keeper.py) learn that this program has
ended, however it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...confine import keeper


class Lifeline:
    """has_keeper: a keeper runs between this program and the child. On Windows, job objects do all of this."""

    def __init__(self, has_keeper: bool) -> None:
        self._has_keeper = has_keeper
        self._near: int | None = None
        self._far: int | None = None
        if sys.platform != "win32":
            self._far, self._near = os.pipe()

    @property
    def number(self) -> int | None:
        """Descriptor of the child's end; None if there is no pipe."""
        return self._far

    def kept(self, command: Sequence[str]) -> list[str]:
        """The command, run by a keeper if there is to be one."""
        if self._far is None or not self._has_keeper:
            return list(command)
        return [sys.executable, "-I", "-S", str(keeper.__file__), str(self._far), *command]

    def inherited(self) -> tuple[int, ...]:
        """Descriptors that the child inherits."""
        return () if self._far is None else (self._far,)

    def handed_over(self) -> None:
        """Close our copy of the child's end, once the child has it."""
        if self._far is not None:
            os.close(self._far)
            self._far = None

    def cut(self) -> None:
        """End the worker, and have a keeper end everything below it."""
        self.handed_over()
        if self._near is not None:
            os.close(self._near)
            self._near = None
