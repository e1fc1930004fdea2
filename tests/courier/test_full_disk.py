"""A disk that fills up: under the frames, and under the journal at every stage. Needs root, for disks of its own."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from carrying import Carrying, carrying, expected
from fault_proxy import FaultProxy
from fault_table import STAGES
from painting_farm import PaintingFarm
from small_disk import fill
from supervisor_here import supervisor_here
from waiting import wait_until

from farmhand.client.errors import LocalProblem
from farmhand.courier.frames import downloader
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, State

SMALL, LARGE = "40k", "200m"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="as root on Linux it can make small disks"
)


def test_frames_that_do_not_fit_are_not_begun(courier: Carrying, disk: Callable[[Path, str], None]) -> None:
    disk(courier.output, SMALL)
    stopped = courier.carry(courier.submit())
    assert stopped.state is State.STOPPED and stopped.problem is not None
    assert "MB left" in stopped.problem.what
    disk(courier.output, LARGE)
    assert courier.carry(courier.answer(stopped, Request.RETRY)).state is State.DONE
    assert courier.files() == expected()


def test_a_disk_that_fills_up_in_mid_frame_leaves_no_half_frame(
    courier: Carrying, disk: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloader, "SPARE_BYTES", -(10**9))  # as if others had filled it after we looked
    disk(courier.output, SMALL)
    stopped = courier.carry(courier.submit())
    assert stopped.state is State.STOPPED and stopped.problem is not None and stopped.problem.code == "local_problem"
    assert courier.real_files().items() <= expected().items()
    disk(courier.output, LARGE)
    assert courier.carry(courier.answer(stopped, Request.RETRY)).state is State.DONE
    assert courier.files() == expected()


def test_a_courier_goes_on_with_what_stood_still_while_its_journal_had_no_room(
    courier: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, refused = threading.Event(), list[float]()
    write = Journal.transaction

    @contextmanager
    def write_if_there_is_room(self: Journal) -> Iterator[None]:
        if full.is_set():
            refused.append(time.monotonic())
            raise LocalProblem("The disk is full.")
        with write(self):
            yield

    monkeypatch.setattr(Journal, "transaction", write_if_there_is_room)
    submission = courier.submit()
    with supervisor_here(courier, beat_seconds=0.05, trouble_seconds=0.1):
        wait_until(lambda: courier.now(submission).state is State.ACTIVE, "carried")
        full.set()
        wait_until(lambda: len(refused) > 20 and not _carriers(), "nobody carries while nothing can be written")
        full.clear()
        wait_until(lambda: courier.now(submission).state is State.DONE, "carried to its end")
    assert courier.files() == expected()


def _carriers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("carry")]


@pytest.mark.parametrize(
    "stage", [pytest.param(name, marks=() if name == "render" else pytest.mark.soak) for name in STAGES]
)
def test_a_journal_without_room_is_waited_for(
    stage: str,
    tmp_path: Path,
    painting_farm: PaintingFarm,
    proxy: FaultProxy,
    disk: Callable[[Path, str], None],
    record_property: Callable[[str, object], None],
) -> None:
    disk(tmp_path / "home", "2m")
    fault = proxy.add("latency", STAGES[stage], value=1.0)
    with carrying(tmp_path, proxy.url, painting_farm.token) as courier:
        submission = courier.submit()
        courier.start_courier()
        wait_until(lambda: fault.is_holding, f"the courier comes to {stage}")
        filling = fill(courier.home.folder)
        wait_until(lambda: "cannot be written" in (courier.home.logs / "courier.log").read_text(), "it is noticed")
        filling.unlink()
        last = courier.wait_until_standing(submission)
        if last.state is State.STOPPED:
            courier.ask(submission, Request.RETRY)
            wait_until(lambda: courier.now(submission).is_over, "Retry goes on")
            last = courier.now(submission)
        assert last.state is State.DONE, last
        assert courier.files() == expected()
        assert sorted(painting_farm.renders(last.job_id)) == [1, 2, 3]
    record_property("cell", f"disk full|{stage}|recovered")
