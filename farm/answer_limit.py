"""How many answers may be kept open at a time: streams of events, and answers that wait for a change."""

from __future__ import annotations

from collections import Counter


class AnswerLimit:
    """Limits the number of open answers: in all, and per key, so that one key cannot take them all."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()

    def take(self, who: str) -> bool:
        """Take a place if one is free; the caller must give it back. who: an ID of the key."""
        if self._taken.total() >= self._most or self._taken[who] >= self._most_of_one:
            return False
        self._taken[who] += 1
        return True

    def give_back(self, who: str) -> None:
        """Call when the answer has ended, or was never started."""
        self._taken[who] -= 1
