"""Sudden deaths at every stage: the courier's and the farm's, before a request arrives and after it has had its effect;
and that of a Blender whose button was pressed.

The invariants are those of fault_table.py; a frame that was being rendered when the farm died is rendered once more.
"""

from __future__ import annotations

import contextlib
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from carrying import Carrying, carrying, expected
from fault_proxy import FaultProxy, fault_proxy
from fault_table import STAGES, Outcome
from painting_farm import PaintingFarm
from pressing import Press
from waiting import wait_until

from farmhand.jobs.journal.submission import State

MOMENTS = {"before it arrives": "latency", "after its effect": "answer_late"}
VICTIMS = ("courier", "farm")
HOLD_SECONDS = 1.0


@dataclass(frozen=True)
class Death:
    """Who is killed while which stage's request is under way."""

    victim: str
    stage: str
    moment: str

    def __str__(self) -> str:
        return f"kill -9 of the {self.victim} at {self.stage}, {self.moment}"


def deaths() -> Iterator[Death]:
    for victim in VICTIMS:
        for stage in STAGES:
            for moment in MOMENTS:
                yield Death(victim, stage, moment)


@dataclass
class Scene:
    """A farm of one's own that may be killed, behind a proxy, and a user folder with a real courier."""

    farm: PaintingFarm
    proxy: FaultProxy
    courier: Carrying


def scene(folder: Path) -> Iterator[Scene]:
    farm = PaintingFarm(folder / "farm", seconds=0.05, workers=1, port=_free_port())
    try:
        with fault_proxy(int(farm.url.rpartition(":")[2])) as proxy, carrying(folder, proxy.url, farm.token) as courier:
            yield Scene(farm, proxy, courier)
    finally:
        farm.kill()


def try_death(death: Death, scene: Scene) -> Outcome:
    """Kill, start again, and assert the invariants."""
    fault = scene.proxy.add(MOMENTS[death.moment], STAGES[death.stage], value=HOLD_SECONDS)
    submission = scene.courier.submit()
    scene.courier.start_courier()
    wait_until(lambda: fault.is_holding, f"the courier comes to {death.stage}")
    assert scene.courier.real_files().items() <= expected().items()
    if death.victim == "courier":
        scene.courier.kill_courier()
        scene.courier.start_courier()
        once = {1, 2, 3}
    else:
        scene.farm.kill()
        once = _completed(scene.farm)
        scene.farm.start()
    last = scene.courier.wait_until_standing(submission)
    assert last.state is State.DONE, last
    assert scene.courier.files() == expected()
    _assert_rendered(scene.farm, last.job_id, once)
    return Outcome(recovered=True)


def try_death_of_blender(stage: str, moment: str, scene: Scene, press: Callable[[], Press]) -> Outcome:
    """Kill the Blender whose button was pressed; nobody starts anything again."""
    fault = scene.proxy.add(MOMENTS[moment], STAGES[stage], value=HOLD_SECONDS)
    blender = press()
    wait_until(lambda: fault.is_holding, f"the courier comes to {stage}")
    blender.kill()
    submission = blender.submission()
    assert submission is not None
    last = scene.courier.wait_until_standing(submission)
    assert last.state is State.DONE, last
    assert sorted(scene.courier.files().values()) == sorted(expected().values())
    _assert_rendered(scene.farm, last.job_id, {1, 2, 3})
    return Outcome(recovered=True)


def _completed(farm: PaintingFarm) -> set[int]:
    """The frames that a farm which is not running knows to be done."""
    with contextlib.closing(sqlite3.connect(farm.data / "farm.sqlite3")) as store:
        return {frame for (frame,) in store.execute("SELECT frame FROM frames WHERE state = 'completed'")}


def _assert_rendered(farm: PaintingFarm, job_id: str, once: set[int]) -> None:
    """For this job alone, every frame, these frames once, and none more than twice."""
    lines = [line.split() for line in farm.log_lines()]
    assert {job for job, _ in lines} == {job_id}
    times = Counter(int(frame) for _, frame in lines)
    assert times.keys() == {1, 2, 3}
    assert all(times[frame] == 1 for frame in once) and max(times.values()) <= 2, times


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
