"""Who may use a worker next: weighted deficit round robin (Shreedhar and Varghese), in worker seconds.

It counts seconds, not frames, so that a job of slow frames gets no more of the workers than one of fast frames. Two
additions to the plain algorithm: a new workspace comes first, as in fq_codel, so that small jobs never wait for large
ones; and a workspace that a free worker is already set up for keeps it a little longer, so that workers switch less
often. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

_LEAST_TURN = 1e-6


class FairShares:
    """Credits in worker seconds. Workspaces with credit left may use a worker, in the order of joining."""

    def __init__(self) -> None:
        self._credit: dict[str, float] = {}
        self._new: set[str] = set()

    def choose(self, weights: Mapping[str, float], busy: Mapping[str, int], ready: Collection[str], turn: float) -> str:
        """The workspace that gets the next worker.

        Args:
            weights: of each workspace that waits; one of 2 gets twice the time of one of 1.
            busy: how many workers each has now.
            ready: those that a free worker is set up for.
            turn: seconds that a weight of 1 gets in each round.
        """
        turn = max(turn, _LEAST_TURN)
        self._join(weights, turn)
        chosen = self._with_credit(weights, busy, ready, turn)
        if chosen is None:
            self._next_round(weights, turn)
            chosen = self._with_credit(weights, busy, ready, turn)
        assert chosen is not None
        return chosen

    def charge(self, name: str, seconds: float) -> None:
        """Charge a workspace for worker seconds; negative ones are a refund."""
        self._credit[name] = self._credit.get(name, 0.0) - seconds
        self._new.discard(name)

    def forget(self, name: str) -> None:
        self._credit.pop(name, None)
        self._new.discard(name)

    def _join(self, weights: Mapping[str, float], turn: float) -> None:
        """A workspace that no longer wants workers loses its remaining credit, but keeps its debt."""
        for name in [each for each, credit in self._credit.items() if each not in weights and credit >= 0]:
            self.forget(name)
        for name, weight in weights.items():
            if name not in self._credit:
                self._credit[name] = turn * weight
                self._new.add(name)

    def _with_credit(
        self, weights: Mapping[str, float], busy: Mapping[str, int], ready: Collection[str], turn: float
    ) -> str | None:
        order = [name for name in self._credit if name in weights]
        new = next((name for name in order if name in self._new), None)
        if new is not None:
            return new
        rich = [name for name in order if self._credit[name] > 0]

        def share(name: str, more: int = 0) -> float:
            return (busy.get(name, 0) + more) / weights[name]

        for name in (name for name in order if name in ready):
            # A worker switches only if that brings the workers closer to the shares.
            may_owe = self._credit[name] > -turn * weights[name]
            if name in rich or (may_owe and all(share(other) >= share(name, 1) for other in rich)):
                return name
        return min(rich, key=share, default=None)

    def _next_round(self, weights: Mapping[str, float], turn: float) -> None:
        """Add credit for as many rounds as it takes until a workspace has some."""
        rounds = min(math.floor(-self._credit[name] / (turn * weight)) + 1 for name, weight in weights.items())
        for name, credit in list(self._credit.items()):
            self._credit[name] = credit + max(1, rounds) * turn * weights.get(name, 1.0)
