"""Which GPU a frame is rendered on, if each slot has its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import CannotStart


class GpuTurns:
    """Numbers from 0; no two frames have the same one at a time."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    @contextmanager
    def turn(self, last: int | None) -> Iterator[int]:
        """last: the number that this Blender had before, which it gets again if it is free."""
        number = last if last is not None and last not in self._taken else self._lowest()
        self._taken.add(number)
        try:
            yield number
        finally:
            self._taken.discard(number)

    def _lowest(self) -> int:
        return next(each for each in range(len(self._taken) + 1) if each not in self._taken)


def gpu_count(devices: Sequence[str]) -> int:
    """The number of GPUs of the fastest kind, as reported by Blender's self-test. Raises CannotStart."""
    kinds = [each.partition(":")[0] for each in devices]
    if not kinds:
        raise CannotStart("Blender found no GPU that Cycles can use: remove --gpu-slots.")
    return kinds.count(kinds[0])
