"""Which frame of which job is rendered next: workspaces share the workers by weight, their jobs by priority.

Frames are taken from the store; who has had how much of the workers is known for as long as the farm runs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from .fair_shares import FairShares
from .frame_times import FrameTimes
from .store import Store

PRIORITIES = range(-5, 6)
"""Each step doubles a job's share within its workspace."""
_FIRST_GUESS = 1.0
_TURN_PER_SETUP = 10.0
"""A worker that changes to another file spends at most about a tenth of its time on that."""
_LONGEST_TURN = 300.0
_OLD_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A frame that a worker renders. since: by the queue's clock."""

    job_id: str
    frame: int
    since: float


@dataclass
class _Entry:
    """A job in the queue.

    ends: its first, middle and last frame when those come first. seconds: of a worker for one frame, measured.
    setup: seconds of these that no frame would take in a worker that has the file loaded. is_dry: no frame waits.
    """

    workspace_id: str
    weight: float
    is_paused: bool
    ends: tuple[int, ...]
    seconds: float = _FIRST_GUESS
    setup: float = 0.0
    is_measured: bool = False
    is_dry: bool = False


class FrameQueue:
    """Jobs that are started and not over, in the order in which they were started."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._jobs: dict[str, _Entry] = {}
        self._under_way: dict[tuple[str, int], UnderWay] = {}
        self._charged: dict[tuple[str, int], float] = {}
        self._loading: set[tuple[str, int]] = set()
        self.times = FrameTimes()
        """Of all frames since the farm has started."""
        self._workspaces = FairShares()
        self._shares: dict[str, FairShares] = {}
        self._weights: dict[str, float] = {}
        self._weights_of = -1

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    @property
    def has_work(self) -> bool:
        """Whether a job is in the queue that is not paused."""
        return not all(entry.is_paused for entry in self._jobs.values())

    @property
    def under_way(self) -> list[UnderWay]:
        return list(self._under_way.values())

    def put(self, job_id: str) -> None:
        """Add a job, or read anew how it wants to be rendered."""
        job = self._store.get(job_id)
        entry = _Entry(
            job.workspace_id,
            2.0**job.priority,
            job.is_paused,
            self._store.ends(job_id) if job.ends_first else (),
        )
        known = self._jobs.get(job_id)
        if known is not None:
            entry.seconds, entry.setup, entry.is_measured = known.seconds, known.setup, known.is_measured
        self._jobs[job_id] = entry

    def remove(self, job_id: str) -> None:
        entry = self._jobs.pop(job_id, None)
        if entry is not None and entry.workspace_id in self._shares:
            self._shares[entry.workspace_id].forget(job_id)

    def next(self, has_room: Callable[[str], bool], ready: Collection[str]) -> tuple[str, int] | None:
        """The next frame, marked as taken; None when none can be rendered now.

        has_room: whether a worker is free for a job. ready: jobs whose files free workers have loaded.
        """
        while True:
            wanting = [
                job_id
                for job_id, entry in self._jobs.items()
                if not entry.is_paused and not entry.is_dry and has_room(job_id)
            ]
            if not wanting:
                return None
            job_id = self._fairest(wanting, ready)
            frame = self._store.lease(job_id, self._jobs[job_id].ends)
            if frame is not None:
                self._charge(job_id, frame, loads=job_id not in ready)
                return job_id, frame
            self._jobs[job_id].is_dry = True

    def refill(self, job_id: str) -> None:
        """A frame that was under way waits again."""
        if job_id in self._jobs:
            self._jobs[job_id].is_dry = False

    def ended(self, job_id: str, frame: int, rendered_seconds: float | None = None) -> None:
        """A frame is no longer under way. rendered_seconds: what its render took; None when nothing came of it."""
        begun = self._under_way.pop((job_id, frame), None)
        charged = self._charged.pop((job_id, frame), 0.0)
        loaded = (job_id, frame) in self._loading
        self._loading.discard((job_id, frame))
        entry = self._jobs.get(job_id)
        self.times.note(rendered_seconds)
        if begun is None or entry is None:
            return
        used = self._clock() - begun.since
        self._pay(job_id, entry, used - charged)
        if rendered_seconds is not None:
            share = _OLD_SHARE if entry.is_measured else 0.0
            entry.seconds = share * entry.seconds + (1 - share) * used
            entry.is_measured = True
            if loaded:
                entry.setup = used - rendered_seconds

    def _fairest(self, wanting: list[str], ready: Collection[str]) -> str:
        turn = min(_LONGEST_TURN, max(self._turn(self._jobs[job_id]) for job_id in wanting))
        by_workspace: dict[str, dict[str, float]] = {}
        for job_id in wanting:
            entry = self._jobs[job_id]
            by_workspace.setdefault(entry.workspace_id, {})[job_id] = entry.weight
        jobs_busy = Counter(each.job_id for each in self._under_way.values())
        spaces_busy = Counter(
            self._jobs[each.job_id].workspace_id for each in self._under_way.values() if each.job_id in self._jobs
        )
        spaces_ready = {self._jobs[job_id].workspace_id for job_id in ready if job_id in self._jobs}
        weights = self._workspace_weights()
        workspace = self._workspaces.choose(
            {space: weights.get(space, 1.0) for space in by_workspace}, spaces_busy, spaces_ready, turn
        )
        shares = self._shares.setdefault(workspace, FairShares())
        return shares.choose(by_workspace[workspace], jobs_busy, ready, turn)

    def _turn(self, entry: _Entry) -> float:
        return max(_TURN_PER_SETUP * entry.setup, 2 * entry.seconds)

    def _charge(self, job_id: str, frame: int, *, loads: bool) -> None:
        entry = self._jobs[job_id]
        if loads:
            self._loading.add((job_id, frame))
        self._under_way[job_id, frame] = UnderWay(job_id, frame, self._clock())
        self._charged[job_id, frame] = entry.seconds
        self._pay(job_id, entry, entry.seconds)

    def _pay(self, job_id: str, entry: _Entry, seconds: float) -> None:
        self._workspaces.charge(entry.workspace_id, seconds)
        self._shares.setdefault(entry.workspace_id, FairShares()).charge(job_id, seconds)

    def _workspace_weights(self) -> dict[str, float]:
        """Read anew when another process, `farmhand farm workspaces set`, has written into the database."""
        version = self._store.database.number("PRAGMA data_version")
        if version != self._weights_of:
            rows = self._store.database.execute("SELECT id, weight FROM workspaces")
            self._weights, self._weights_of = {row["id"]: row["weight"] for row in rows}, version
        return self._weights
