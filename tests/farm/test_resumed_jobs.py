"""What a farm keeps of a job is enough to render the rest of it after the farm has died, whatever was asked for."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from quick_engine import QuickFarm, package
from waiting import wait_until

LONE = [str(frame) for frame in range(1, 100_000) if frame % 7 in (1, 3)][:15_000]
"""More frames than lists of a worker's answer may have, with no shorter way to name them."""


def total(farm: QuickFarm, job_id: str) -> int:
    told = farm.api.get(f"/jobs/{job_id}/progress").json()
    return int(told[0]["framesTotal"]) if told else 0


@pytest.mark.parametrize(
    "ranges, count", [(LONE, len(LONE)), (["1-9" + " " * 5000], 9)], ids=["very many", "very long"]
)
def test_a_farm_that_dies_while_a_job_gets_its_frames_gives_it_the_rest(
    quick_farm: QuickFarm, tmp_path: Path, ranges: list[str], count: int
) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=60.0))
    job_id = quick_farm.start_render(path, frameRanges=ranges)
    assert total(quick_farm, job_id) == count
    quick_farm.kill()
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database, database:
        database.execute("DELETE FROM frames WHERE frame > 5")
    quick_farm.start()
    wait_until(lambda: total(quick_farm, job_id) == count, "the job has all its frames")


def test_one_job_that_cannot_be_resumed_keeps_no_farm_from_starting(quick_farm: QuickFarm, tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=0.3))
    other, job_id = (quick_farm.start_render(path, frameRanges=["1-40"]) for _ in range(2))
    quick_farm.kill()
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database, database:
        database.execute("""UPDATE jobs SET config = '{"frameRanges": ["1-…"]}' WHERE id = ?""", (job_id,))
    quick_farm.start()
    assert quick_farm.wait_for(job_id, "failed")["failedReason"]["type"] == "farm_fault"
    assert quick_farm.job(other)["status"] in ("booting", "rendering")


def test_frames_whose_files_a_power_cut_has_emptied_are_rendered_again(quick_farm: QuickFarm, tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=0.2))
    job_id = quick_farm.start_render(path, frameRanges=["1-12"])
    wait_until(lambda: quick_farm.frames_done(job_id) > 1, "two frames are done")
    quick_farm.kill()
    files = sorted((quick_farm.data / "objects" / "jobs" / job_id).glob("*.png"))
    files[0].write_bytes(b"")
    files[1].unlink()
    quick_farm.start()
    job = quick_farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed"
    assert len(frames := quick_farm.frames(job_id)) == 12 and all(frames.values())
    assert job["normalizedSeconds"] == pytest.approx(12 * 0.2)
