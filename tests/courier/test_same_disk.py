"""Frames of a farm on this computer are copied from its folder, and fetched from it when that cannot be."""

import os
import sys
from pathlib import Path

import pytest
from carrying import Carrying, expected
from fault_proxy import FaultProxy
from painting_farm import PaintingFarm

from farmhand.client.cancellation import NEVER, CancelToken
from farmhand.client.errors import Stopped
from farmhand.courier.frames import same_disk
from farmhand.jobs.journal.submission import Request, State


def fetched(proxy: FaultProxy) -> list[str]:
    return [line for line in proxy.seen if line.startswith("GET /storage/")]


def test_no_frame_of_a_farm_on_this_computer_comes_over_http(
    courier: Carrying, painting_farm: PaintingFarm, proxy: FaultProxy
) -> None:
    done = courier.carry(courier.submit(), objects=painting_farm.data / "objects")
    assert (done.state, courier.files()) == (State.DONE, expected())
    assert fetched(proxy) == []
    assert done.bytes_pulled == sum(len(content) for content in expected().values())


def test_painting_on_a_frame_leaves_the_farms_own_as_it_was(courier: Carrying, painting_farm: PaintingFarm) -> None:
    done = courier.carry(courier.submit(), objects=painting_farm.data / "objects")
    with (courier.output / "shot_0001.png").open("r+b") as frame:
        frame.write(b"painted over")
    (theirs,) = (painting_farm.data / "objects").rglob(f"{done.job_id}/0001.png")
    assert theirs.read_bytes() == expected()["shot_0001.png"]


def test_frames_that_are_not_in_the_folder_come_over_http(courier: Carrying, proxy: FaultProxy, tmp_path: Path) -> None:
    assert courier.carry(courier.submit(), objects=tmp_path / "elsewhere").state is State.DONE
    assert courier.files() == expected()
    assert len(fetched(proxy)) == 3


def test_a_damaged_copy_is_fetched_over_http(
    courier: Carrying, painting_farm: PaintingFarm, proxy: FaultProxy, tmp_path: Path
) -> None:
    done = courier.carry(courier.submit())
    theirs = painting_farm.data / "objects"
    for frame in theirs.rglob(f"{done.job_id}/*.png"):
        damaged = tmp_path / "objects" / frame.relative_to(theirs)
        damaged.parent.mkdir(parents=True, exist_ok=True)
        damaged.write_bytes(frame.read_bytes()[:-1] + b"x")
    for file in courier.files():
        (courier.output / file).unlink()
    proxy.clear()
    again = courier.carry(courier.answer(done, Request.PULL_AGAIN), objects=tmp_path / "objects")
    assert (again.state, courier.files()) == (State.DONE, expected())
    assert len(fetched(proxy)) == 3


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    folder = tmp_path / "objects"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "a b.png").write_bytes(b"frame")
    (tmp_path / "secret").write_bytes(b"secret")
    if sys.platform != "win32":  # few users may make links there
        (folder / "jobs" / "link.png").symlink_to(tmp_path / "secret")
    return folder


def test_a_link_names_a_file_by_its_path(objects: Path, tmp_path: Path) -> None:
    link = "http://127.0.0.1:1/storage/jobs/a%20b.png?expires=1&signature=0"
    assert same_disk.bring(link, objects, tmp_path / "partial", NEVER) == 5
    assert (tmp_path / "partial").read_bytes() == b"frame"


@pytest.mark.parametrize(
    "path", ["storage/../secret", "storage/%2e%2e/secret", "storage/jobs/link.png", "storage/jobs", "storage/", "jobs"]
)
def test_nothing_but_a_file_below_the_folder_is_copied(path: str, objects: Path, tmp_path: Path) -> None:
    assert same_disk.bring(f"http://127.0.0.1:1/{path}", objects, tmp_path / "partial", NEVER) == 0
    assert not (tmp_path / "partial").exists()


def test_what_an_earlier_try_has_brought_is_gone_on_with_over_http(objects: Path, tmp_path: Path) -> None:
    (tmp_path / "partial").write_bytes(b"fra")
    assert same_disk.bring("http://127.0.0.1:1/storage/jobs/a%20b.png", objects, tmp_path / "partial", NEVER) == 0
    assert (tmp_path / "partial").read_bytes() == b"fra"


@pytest.mark.skipif(not hasattr(os, "copy_file_range"), reason="a copy in one piece cannot be broken off")
def test_a_copy_that_is_canceled_leaves_nothing(objects: Path, tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Stopped):
        same_disk.bring("http://127.0.0.1:1/storage/jobs/a%20b.png", objects, tmp_path / "partial", token)
    assert not (tmp_path / "partial").exists()
