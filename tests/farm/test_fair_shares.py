"""Sharing the workers: simulated workers in simulated time, under the real queue and a real store."""

import heapq
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmhand.farm.state.queue.frame_queue import FrameQueue, Lease
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import Workspaces

TO_RENDERING = ("validating", "validated", "booting", "rendering")


class Farm:
    """Workers that render what the queue gives them.

    done: seconds of workers by job, loading included. finished: when each job had its last frame, by job.
    """

    def __init__(self, store: Store, workers: int, load_seconds: float = 0.0) -> None:
        self.store = store
        self.now = 0.0
        self.queue = FrameQueue(store, lambda: self.now)
        self.workspaces = Workspaces(store.database)
        self.order: list[tuple[str, int]] = []
        self.done: Counter[str] = Counter()
        self.finished: dict[str, float] = {}
        self.loads = 0
        self._load_seconds = load_seconds
        self._seconds: dict[str, float] = {}
        self._workers: list[str] = [""] * workers
        self._free = set(range(workers))
        self._under_way: list[tuple[float, int, int, str, int, float]] = []
        self._numbers = itertools.count()

    def job(self, frames: int, seconds: float, workspace: str = "default", **wishes: object) -> str:
        slug = f"upload{next(self._numbers)}"
        space = self.workspaces.find_or_create(workspace)
        self.store.add_upload(Upload(slug, "a.blend", "blend", time.time(), None, space.id))
        job = self.store.create_job(slug)
        for status in TO_RENDERING:
            self.store.move(job.id, status)
        self.store.add_frames(job.id, range(1, frames + 1))
        self.store.change(job.id, **wishes)
        self._seconds[job.id] = seconds
        self.queue.put(job.id)
        return job.id

    def run(self, until: float = 1e9) -> None:
        while True:
            self._hand_out()
            if not self._under_way or self._under_way[0][0] > until:
                self.now = until
                return
            self._end_next()

    def _hand_out(self) -> None:
        while self._free:
            loaded = [self._workers[each] for each in self._free]
            lease = self.queue.next(lambda job_id: True, loaded)
            if lease is None:
                return
            job_id, frame = lease.job_id, lease.frame
            self.order.append((job_id, frame))
            worker = next((each for each in self._free if self._workers[each] == job_id), min(self._free))
            self._free.discard(worker)
            is_loaded = self._workers[worker] == job_id
            self.loads += not is_loaded
            self._workers[worker] = job_id
            used = self._seconds[job_id] + (0.0 if is_loaded else self._load_seconds)
            heapq.heappush(self._under_way, (self.now + used, next(self._numbers), worker, job_id, frame, used))

    def _end_next(self) -> None:
        self.now, _, worker, job_id, frame, used = heapq.heappop(self._under_way)
        self._free.add(worker)
        self.done[job_id] += used
        self.queue.ended(Lease(job_id, frame), self._seconds[job_id])
        self.store.finish_frame(job_id, frame, self._seconds[job_id], [])
        if not self.store.has_open_frames(job_id):
            self.finished[job_id] = self.now
            self.queue.remove(job_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "farm.sqlite3")
    store.database.execute("PRAGMA synchronous = OFF")
    yield store
    store.close()


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (2, 1)])
def test_workspaces_get_workers_in_proportion_to_their_weights(
    store: Store, workers: int, weights: tuple[int, int]
) -> None:
    farm = Farm(store, workers)
    jobs = []
    for number, weight in enumerate(weights):
        jobs.append(farm.job(2000, 1.0, f"space{number}"))
        farm.workspaces.set(farm.workspaces.named(f"space{number}").id, weight=weight)
    farm.queue = FrameQueue(store, lambda: farm.now)
    for job in jobs:
        farm.queue.put(job)
    farm.run(until=300)
    assert farm.done[jobs[0]] / farm.done[jobs[1]] == pytest.approx(weights[0] / weights[1], rel=0.1)


def test_many_jobs_of_one_workspace_take_no_more_than_one_job_of_another(store: Store) -> None:
    farm = Farm(store, 4)
    many = [farm.job(500, 1.0, "many") for _ in range(10)]
    one = farm.job(2000, 1.0, "one")
    farm.run(until=200)
    assert farm.done[one] == pytest.approx(sum(farm.done[job] for job in many), rel=0.1)


def test_slow_frames_take_no_more_of_the_workers_than_quick_ones(store: Store) -> None:
    farm = Farm(store, 2)
    slow, quick = farm.job(1000, 50.0, "slow"), farm.job(100_000, 0.5, "quick")
    farm.run(until=5000)
    assert farm.done[slow] == pytest.approx(farm.done[quick], rel=0.1)


@pytest.mark.parametrize("priority", [-2, 1, 3])
def test_a_step_of_priority_doubles_a_share(store: Store, priority: int) -> None:
    farm = Farm(store, 3)
    plain, other = farm.job(5000, 1.0), farm.job(5000, 1.0, priority=priority)
    farm.run(until=600)
    assert farm.done[other] / farm.done[plain] == pytest.approx(2.0**priority, rel=0.15)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_short_job_never_waits_for_a_long_one(store: Store, workers: int) -> None:
    farm = Farm(store, workers)
    farm.job(10_000, 2.0, priority=5)
    farm.run(until=1000)
    short = farm.job(1, 2.0, priority=-5)
    farm.run(until=1100)
    assert farm.finished[short] <= 1000 + 2 * 2.0


@pytest.mark.parametrize("frames", [3, 30])
def test_a_short_job_ends_soon_however_many_long_ones_there_are(store: Store, frames: int) -> None:
    farm = Farm(store, 4)
    for _ in range(8):
        farm.job(5000, 1.0)
    farm.run(until=500)
    short = farm.job(frames, 1.0)
    farm.run(until=2000)
    assert farm.finished[short] - 500 <= 9 * frames / 4 + 10, "as if it had its share of the workers from the start"


def test_streams_of_little_jobs_do_not_push_a_long_one_aside(store: Store) -> None:
    farm = Farm(store, 1)
    long = farm.job(5000, 1.0, "long")
    for second in range(0, 400, 4):
        farm.run(until=second)
        farm.job(1, 10.0, "many")
    farm.run(until=400)
    assert farm.done[long] >= 0.4 * 400


def test_one_little_job_after_another_gets_no_more_than_its_share(store: Store) -> None:
    farm = Farm(store, 1)
    long = farm.job(5000, 1.0, "long")
    little = ""
    for second in range(1000):
        if not little or little in farm.finished:
            little = farm.job(1, 10.0, "little")
        farm.run(until=second)
    assert farm.done[long] >= 0.4 * 1000


def test_workers_change_the_file_seldom_when_that_takes_long(store: Store) -> None:
    farm = Farm(store, 2, load_seconds=20.0)
    jobs = [farm.job(5000, 1.0) for _ in range(3)]
    farm.run(until=10_000)
    assert farm.loads * 20.0 <= 0.15 * 2 * 10_000
    assert max(farm.done.values()) / min(farm.done[job] for job in jobs) < 1.3


def test_as_many_jobs_as_workers_keep_a_worker_each(store: Store) -> None:
    farm = Farm(store, 3, load_seconds=5.0)
    for _ in range(3):
        farm.job(5000, 1.0)
    farm.run(until=2000)
    assert farm.loads <= 6


def test_the_worker_that_has_the_file_loaded_is_given_its_frames(store: Store) -> None:
    farm = Farm(store, 2)
    first, second = farm.job(10, 1.0), farm.job(10, 1.0)
    given = [farm.queue.next(lambda job_id: True, ()) for _ in range(2)]
    assert [lease.job_id for lease in given if lease] == [first, second]
    farm.now = 1.0
    for job in (first, second):
        farm.queue.ended(Lease(job, 1), 1.0)
    for job in (second, first):
        lease = farm.queue.next(lambda job_id: True, [job])
        assert lease and lease.job_id == job


def test_a_paused_job_gets_nothing_until_it_is_resumed(store: Store) -> None:
    farm = Farm(store, 1)
    paused = farm.job(5, 1.0, is_paused=True)
    farm.run(until=10)
    assert not farm.done and not farm.queue.has_work
    farm.store.change(paused, is_paused=False)
    farm.queue.put(paused)
    farm.run(until=20)
    assert farm.finished[paused] == 15


@pytest.mark.parametrize(
    "frames, wanted", [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (10, [1, 6, 10]), (101, [1, 51, 101])]
)
def test_first_middle_and_last_frame_come_first_on_request(store: Store, frames: int, wanted: list[int]) -> None:
    farm = Farm(store, 1)
    farm.job(frames, 1.0, ends_first=True)
    farm.run()
    order = [frame for _, frame in farm.order]
    assert order[: len(wanted)] == wanted
    assert order[len(wanted) :] == [frame for frame in range(1, frames + 1) if frame not in wanted]


def test_a_frame_that_failed_does_not_come_first_again(store: Store) -> None:
    farm = Farm(store, 1)
    job = farm.job(10, 1.0, ends_first=True)
    assert farm.queue.next(lambda job_id: True, ()) == Lease(job, 1)
    store.fail_attempt(job, 1, "crashed", 3)
    farm.queue.ended(Lease(job, 1))
    farm.queue.refill(job)
    farm.run()
    assert [frame for _, frame in farm.order] == [6, 10, 2, 3, 4, 5, 7, 8, 9, 1]


def test_a_frame_that_waits_again_is_rendered_though_it_was_the_last(store: Store) -> None:
    farm = Farm(store, 1)
    job = farm.job(1, 1.0)
    assert farm.queue.next(lambda job_id: True, ()) == Lease(job, 1)
    assert farm.queue.next(lambda job_id: True, ()) is None
    farm.queue.ended(Lease(job, 1))
    store.give_back(job, 1)
    farm.queue.refill(job)
    assert farm.queue.next(lambda job_id: True, ()) == Lease(job, 1)
