"""Which frame of which job is rendered next: workspaces share the workers by weight, their jobs by priority.

Frames are taken from the store; how much worker time each has used is kept only while the farm runs.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ..store import Store
from .fair_shares import FairShares
from .frame_times import FrameTimes

PRIORITIES = range(-5, 6)
"""Each step doubles a job's share within its workspace."""
_FIRST_GUESS = 1.0
_TURN_PER_SETUP = 10.0
"""A worker that changes to another file spends at most about a tenth of its time on that."""
_LONGEST_TURN = 300.0
_OLD_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Lease:
    """What a worker renders: a frame, or a part of one."""

    job_id: str
    frame: int
    part: int | None = None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A frame, or a part of one, that a worker renders. since: by the queue's clock."""

    job_id: str
    frame: int
    since: float


@dataclass
class _Entry:
    """A job in the queue.

    ends: its first, middle and last frame when those come first. seconds: of a worker for one frame, measured.
    setup: the part of these that a worker with the file already loaded would save. is_dry: no frame waits.
    taken: parts of frames that were taken from the store; they are given out before anything else.
    """

    workspace_id: str
    weight: float
    is_paused: bool
    ends: tuple[int, ...]
    seconds: float = _FIRST_GUESS
    setup: float = 0.0
    is_measured: bool = False
    is_dry: bool = False
    taken: deque[Lease] = field(default_factory=deque)


class FrameQueue:
    """Jobs that are started and unfinished, in the order in which they were started.

    parts: the remaining parts of a frame, each for one worker; empty for a frame that is rendered as a whole.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
        parts: Callable[[str, int], Collection[int]] = lambda job_id, frame: (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._parts = parts
        self._jobs: dict[str, _Entry] = {}
        self._under_way: dict[Lease, UnderWay] = {}
        self._charged: dict[Lease, float] = {}
        self._loading: set[Lease] = set()
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
        """Whether the queue has a job that is not paused."""
        return not all(entry.is_paused for entry in self._jobs.values())

    @property
    def under_way(self) -> list[UnderWay]:
        return list(self._under_way.values())

    def put(self, job_id: str) -> None:
        """Add a job, or reload its settings."""
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
            entry.taken = known.taken
        self._jobs[job_id] = entry

    def remove(self, job_id: str) -> None:
        entry = self._jobs.pop(job_id, None)
        if entry is not None and entry.workspace_id in self._shares:
            self._shares[entry.workspace_id].forget(job_id)

    def next(self, has_room: Callable[[str], bool], ready: Collection[str]) -> Lease | None:
        """The next frame or part, marked as taken; None if there is none to render now.

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
            lease = self._take(job_id)
            if lease is not None:
                self._charge(lease, loads=job_id not in ready)
                return lease
            self._jobs[job_id].is_dry = True

    def give_back(self, lease: Lease) -> None:
        """Queue a part, for the first time or again."""
        if lease.job_id in self._jobs:
            self._jobs[lease.job_id].taken.append(lease)
            self.refill(lease.job_id)

    def drop(self, job_id: str, frame: int) -> None:
        """Give out no more parts of a split frame."""
        if (entry := self._jobs.get(job_id)) is not None:
            entry.taken = deque(each for each in entry.taken if each.frame != frame)

    def refill(self, job_id: str) -> None:
        """Note that a frame that was being rendered waits again."""
        if job_id in self._jobs:
            self._jobs[job_id].is_dry = False

    def ended(self, lease: Lease, rendered_seconds: float | None = None) -> None:
        """Note that a lease has ended. rendered_seconds: what its render took; None if it failed."""
        begun = self._under_way.pop(lease, None)
        charged = self._charged.pop(lease, 0.0)
        loaded = lease in self._loading
        self._loading.discard(lease)
        entry = self._jobs.get(lease.job_id)
        self.times.note(rendered_seconds)
        if begun is None or entry is None:
            return
        used = self._clock() - begun.since
        self._pay(lease.job_id, entry, used - charged)
        if rendered_seconds is not None:
            share = _OLD_SHARE if entry.is_measured else 0.0
            entry.seconds = share * entry.seconds + (1 - share) * used
            entry.is_measured = True
            if loaded:
                entry.setup = used - rendered_seconds

    def all_ended(self, job_id: str) -> None:
        """Note that all leases of a job have ended, and those that had not begun when the job ended."""
        for lease in [each for each in self._under_way if each.job_id == job_id]:
            self.ended(lease)

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

    def _take(self, job_id: str) -> Lease | None:
        entry = self._jobs[job_id]
        if not entry.taken:
            frame = self._store.lease(job_id, entry.ends)
            if frame is None:
                return None
            entry.taken.extend(Lease(job_id, frame, part) for part in self._parts(job_id, frame) or (None,))
        return entry.taken.popleft()

    def _charge(self, lease: Lease, *, loads: bool) -> None:
        entry = self._jobs[lease.job_id]
        if loads:
            self._loading.add(lease)
        self._under_way[lease] = UnderWay(lease.job_id, lease.frame, self._clock())
        self._charged[lease] = entry.seconds
        self._pay(lease.job_id, entry, entry.seconds)

    def _pay(self, job_id: str, entry: _Entry, seconds: float) -> None:
        self._workspaces.charge(entry.workspace_id, seconds)
        self._shares.setdefault(entry.workspace_id, FairShares()).charge(job_id, seconds)

    def _workspace_weights(self) -> dict[str, float]:
        """The weights, reloaded after another process (`farmhand farm workspaces set`) has changed the database."""
        version = self._store.database.number("PRAGMA data_version")
        if version != self._weights_of:
            rows = self._store.database.execute("SELECT id, weight FROM workspaces")
            self._weights, self._weights_of = {row["id"]: row["weight"] for row in rows}, version
        return self._weights
