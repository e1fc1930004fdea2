"""Which GPU a frame is rendered on, where each slot has one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import CannotStart


class GpuTurns:
    """Numbers from 0, of which no two frames have the same at a time."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    @contextmanager
    def turn(self, last: int | None) -> Iterator[int]:
        """last: what the same Blender had before, which it gets again while that is free."""
        number = last if last is not None and last not in self._taken else self._lowest()
        self._taken.add(number)
        try:
            yield number
        finally:
            self._taken.discard(number)

    def _lowest(self) -> int:
        return next(each for each in range(len(self._taken) + 1) if each not in self._taken)


def gpu_count(devices: Sequence[str]) -> int:
    """How many GPUs of the quickest kind there are, as a Blender's self-test names them. Raises CannotStart."""
    kinds = [each.partition(":")[0] for each in devices]
    if not kinds:
        raise CannotStart("Blender found no GPU that Cycles can use: remove --gpu-slots.")
    return kinds.count(kinds[0])
