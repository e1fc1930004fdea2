"""One frame on several slots: the picture is the one that a single Blender renders, to the pixel."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from in_blender import run_in_blender
from painting_farm import PaintingFarm
from running_farm import RunningFarm
from split_stills import difference, everything, said
from waiting import wait_until

from farmhand.farm.render.tiles.split_frames import SplitFrames
from farmhand.farm.render.tiles.tile_places import TilePlaces
from farmhand.farm.state.job_status import BOOTING, VALIDATED, VALIDATING
from farmhand.farm.state.queue.frame_queue import FrameQueue, Lease
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.worker.boxes import Box, cut

_RENDER = Path(__file__).parent.parent / "support" / "render_directly.py"
Scenes = Callable[..., Path]
StartFarm = Callable[..., RunningFarm]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("denoises, tolerance", [(False, 0), pytest.param(True, 1, marks=pytest.mark.soak)])
def test_a_split_frame_is_the_frame_that_one_blender_renders(
    each_blender_command: list[str],
    start_farm: StartFarm,
    scene_file: Scenes,
    tmp_path: Path,
    denoises: bool,
    tolerance: int,
) -> None:
    """The denoiser's sums differ in the last bit of a float now and then, which may be one step of 255."""
    scene = scene_file("whole_picture", each_blender_command)
    farm = start_farm("--workers", "2", command=each_blender_command)
    outputs = {}
    for is_split in (False, True):
        job = farm.rendered(scene, frameRanges=["3"], splitFrames=is_split, denoisingEnabled=denoises)
        assert job["status"] == "completed", job["failedReason"]
        assert said(farm, f"{job['id']}: frame 3 is split into 4 tiles") == is_split
        outputs[is_split] = everything(farm, job["id"])
    assert sorted(outputs[True]) == sorted(outputs[False])
    assert len(outputs[True]) == 2
    assert max(difference(outputs[True][name], outputs[False][name]) for name in outputs[True]) <= tolerance
    if denoises:
        run_in_blender(each_blender_command, _RENDER, str(scene), str(tmp_path), "3", "3")
        direct = next(tmp_path.glob("*.png")).read_bytes()
        assert difference(next(each for name, each in outputs[True].items() if "frames" in name), direct) <= tolerance


def test_a_scene_that_cannot_be_split_is_rendered_whole_and_says_why(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm("--workers", "2")
    job = farm.rendered(scene_file("stereo"), frameRanges=["1"], splitFrames=True)
    assert job["status"] == "completed", job["failedReason"]
    assert any("stereo images cannot be split" in each for each in job["finalConfig"]["notices"])
    assert not said(farm, "is split into")


@pytest.mark.soak
def test_a_job_with_a_frame_for_each_slot_is_not_split(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm("--workers", "2")
    job = farm.rendered(scene_file("whole_picture"), frameRanges=["1-3"], splitFrames=True)
    assert job["status"] == "completed", job["failedReason"]
    assert [said(farm, f"frame {frame} is split") for frame in (1, 2)] == [False, False]


@pytest.mark.soak
def test_a_farm_that_is_killed_renders_only_the_tiles_that_are_missing(
    start_farm: StartFarm, scene_file: Scenes
) -> None:
    farm = start_farm("--workers", "2")
    job_id = farm.start_render(scene_file("slow"), frameRanges=["1"], sampleCount=60, splitFrames=True)
    wait_until(lambda: bool(tiles(farm)), "a tile is in place")
    farm.kill()
    kept = {each: each.stat().st_mtime_ns for each in tiles(farm)}
    farm.start()
    assert farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
    assert said(farm, f"is split into 4 tiles, of which {len(kept)} are there")
    assert len(farm.frames(job_id)) == 1
    assert not tiles(farm)


def test_parts_share_the_workers_and_the_merge_waits_for_them(store: Store) -> None:
    queue = FrameQueue(store, parts=lambda job_id, frame: (0, 1) if frame == 1 else ())
    job_id = job(store, frames=2)
    queue.put(job_id)
    given = [queue.next(lambda job_id: True, ()) for _ in range(4)]
    assert given == [Lease(job_id, 1, 0), Lease(job_id, 1, 1), Lease(job_id, 2), None]
    for lease in given[:3]:
        assert lease
        queue.ended(lease, 1.0)
    queue.give_back(Lease(job_id, 1, 2))
    queue.put(job_id)
    assert queue.next(lambda job_id: True, ()) == Lease(job_id, 1, 2)
    queue.give_back(Lease(job_id, 1, 0))
    queue.drop(job_id, 1)
    assert queue.next(lambda job_id: True, ()) is None


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 16, 64])
@pytest.mark.parametrize("width, height", [(240, 135), (1080, 1920), (64, 64)])
def test_tiles_cover_each_pixel_once(width: int, height: int, count: int) -> None:
    covered = numpy.zeros((height, width), int)
    for box in cut(Box(0, 0, width, height), count):
        assert box.width > 0 and box.height > 0
        covered[box.y : box.top, box.x : box.right] += 1
    assert (covered == 1).all()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store(tmp_path / "farm.sqlite3")
    yield store
    store.close()


def job(store: Store, frames: int) -> str:
    store.add_upload(Upload("slug", "a.blend", "blend", 0.0, 1, store.workspace_id))
    job_id = store.create_job("slug").id
    for status in (VALIDATING, VALIDATED):
        store.move(job_id, status)
    store.add_frames(job_id, range(1, frames + 1))
    store.move(job_id, BOOTING)
    return job_id


def tiles(farm: RunningFarm) -> list[Path]:
    return list((farm.data / "w").glob("*/t/*/*-*.exr"))


@pytest.mark.soak
def test_a_tile_that_is_damaged_on_the_disk_is_rendered_again(start_farm: StartFarm, scene_file: Scenes) -> None:
    """Blender reads what it can of a file, and leaves the rest black."""
    farm = start_farm("--workers", "2")
    wanted = {"frameRanges": ["1"], "sampleCount": 40, "outputFormat": "BMP"}
    scene = scene_file("slow")
    whole = everything(farm, farm.rendered(scene, **wanted)["id"])
    job_id = farm.start_render(scene, **wanted, splitFrames=True)
    wait_until(lambda: bool(tiles(farm)), "a tile is in place")
    damage(tiles(farm)[0])
    job = farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed", job["failedReason"]
    split = everything(farm, job_id)
    assert [difference(split[name], whole[name]) for name in whole] == [0]


def test_a_frame_whose_tiles_are_never_whole_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    """Here a worker sends other files in their place."""
    scene = tmp_path / "shot.blend"
    scene.write_bytes(b"BLENDER-v500" + bytes(3000))
    farm = PaintingFarm(tmp_path / "farm", workers=2)
    try:
        size = {"resolution": [640, 480], "resolutionPercentage": 100}
        job = farm.rendered(scene, frameRanges=["1"], splitFrames=True, **size)
        assert job["status"] == "failed"
        assert "4 parts of the frame were damaged before they were put together" in str(job["failedReason"])
        assert len(farm.renders(job["id"])) == 3 * 4
        assert not tiles(farm)
    finally:
        farm.stop()


@pytest.mark.parametrize("found", ["x-y.exr", "1-999999.exr", "0-4.exr"])
def test_whatever_lies_where_tiles_belong_a_frame_that_is_taken_is_given_out(
    store: Store, tmp_path: Path, found: str
) -> None:
    job_id = still(store)
    places = TilePlaces(tmp_path, None)
    splits = SplitFrames(store, places, lambda: 2)
    folder = places._folder(job_id, 1)
    folder.mkdir(parents=True)
    (folder / found).write_bytes(b"\x76\x2f\x31\x01")
    assert splits.parts(job_id, 1) == [0, 1, 2, 3]


def test_a_frame_that_cannot_be_cut_now_is_rendered_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts(job_id: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    job_id = still(store)
    monkeypatch.setattr(store, "counts", counts)
    queue = FrameQueue(store, parts=SplitFrames(store, TilePlaces(tmp_path, None), lambda: 2).parts)
    queue.put(job_id)
    assert queue.next(lambda job_id: True, ()) == Lease(job_id, 1, None)


def still(store: Store) -> str:
    """A job of one frame that may be split."""
    job_id = job(store, frames=1)
    config = {"splitFrames": True, "resolution": [640, 480], "resolutionPercentage": 100}
    store.change(job_id, config=config, analysis={"engine": "CYCLES", "wholeBecause": ""})
    return job_id


def damage(tile: Path) -> None:
    """As a disk does: in the middle, and the size stays."""
    with tile.open("r+b") as file:
        file.seek(tile.stat().st_size // 2)
        file.write(bytes(2000))
