"""Sudden deaths at every stage: the courier's and the farm's, before a request arrives and after it has had its effect.

The invariants are those of fault_table.py; a frame that was being rendered when the farm died is rendered anew.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carrying import Carrying, carrying, expected
from fault_proxy import FaultProxy, fault_proxy
from fault_table import STAGES, Outcome
from painting_farm import PaintingFarm
from running_farm import wait_until

from farmhand.courier.submission import State

MOMENTS = {"before it arrives": "latency", "after its effect": "answer_late"}
VICTIMS = ("courier", "farm")
HOLD_SECONDS = 1.0
LIMIT_SECONDS = 60.0


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
    wait_until(lambda: fault.is_holding, 30, f"the courier comes to {death.stage}")
    assert scene.courier.real_files().items() <= expected().items()
    if death.victim == "courier":
        scene.courier.kill_courier()
        scene.courier.start_courier()
    else:
        scene.farm.kill()
        scene.farm.start()
    last = scene.courier.wait_until_standing(submission, LIMIT_SECONDS)
    assert last.state is State.DONE, last
    assert scene.courier.files() == expected()
    rendered = [line.split() for line in scene.farm.log_lines()]
    assert {job for job, _ in rendered} == {last.job_id}
    if death.victim == "courier":
        assert sorted(int(frame) for _, frame in rendered) == [1, 2, 3]
    return Outcome(recovered=True)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
