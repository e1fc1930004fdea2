"""Frames never go below the empty mount point of a drive that is gone, where the system disk would take them."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from carrying import Carrying, expected
from fault_proxy import FaultProxy
from waiting import PATIENCE, wait_until

from farmhand.courier.job.control import JobControl
from farmhand.jobs.journal import request_rules
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, State


class Drive:
    """A drive in memory, whose frames outlive that it is taken away: it is another place's as well."""

    def __init__(self, folder: Path) -> None:
        self.content, self.place = folder / "drive", folder / "mount"
        self.content.mkdir()
        self.place.mkdir()

    def connect(self) -> None:
        subprocess.run(["mount", "--bind", str(self.content), str(self.place)], check=True)

    def take_away(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)

    def files(self) -> list[str]:
        return sorted(file.name for file in self.content.rglob("*") if file.is_file())


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    made = Drive(tmp_path)
    if sys.platform != "linux" or not mounted(made.content):
        pytest.skip("drives can be mounted by root on Linux alone")
    try:
        made.connect()
        yield made
    finally:
        for place in (made.place, made.content):
            subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


def mounted(place: Path) -> bool:
    """A file system of its own in that place; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "drive", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("below", ["", "project/shot"])
def test_frames_wait_for_a_drive_that_is_gone(courier: Carrying, drive: Drive, proxy: FaultProxy, below: str) -> None:
    if below:
        (drive.place / below).mkdir(parents=True)
    output = drive.place / below / "render"
    places = {"output_folder": str(output), "output_pattern": str(output / "shot_####.png")}
    validate = proxy.add("latency", r"^POST /api/.*/validate", value=0.5)
    submission, control = courier.submit(**places), JobControl()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, submission, control)
        try:
            wait_until(lambda: validate.is_holding, "it is on its way")
            drive.take_away()
            wait_until(lambda: "not connected" in courier.now(submission).note, "the user is told")
            assert not list(drive.place.rglob("*"))
            drive.connect()
            assert carried.result(timeout=PATIENCE).state is State.DONE
        finally:
            control.leave()
    assert drive.files() == sorted(expected())


def test_download_again_without_the_drive_takes_no_frame_for_lost(
    courier: Carrying, drive: Drive, proxy: FaultProxy
) -> None:
    output = drive.place / "render"
    places = {"output_folder": str(output), "output_pattern": str(output / "shot_####.png")}
    done, control = courier.carry(courier.submit(**places)), JobControl()
    assert done.state is State.DONE
    drive.take_away()
    proxy.clear()
    control.ask(Request.PULL_AGAIN)
    with Journal(courier.home.journal) as journal:
        queued = request_rules.answer(courier.home, journal, done, Request.PULL_AGAIN)
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, queued, control)
        try:
            wait_until(lambda: "not connected" in courier.now(done).note, "the user is told")
            drive.connect()
            assert carried.result(timeout=PATIENCE).state is State.DONE
        finally:
            control.leave()
    assert not [line for line in proxy.seen if "/storage/" in line]
