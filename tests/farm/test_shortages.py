"""What the farm's computer lacks is no fault of a frame: rendering pauses, says so, and continues by itself."""

import errno
from pathlib import Path

import pytest
from quick_engine import QuickFarm, package
from waiting import wait_until


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.ENOMEM, errno.EDQUOT])
def test_a_shortage_longer_than_any_number_of_attempts_fails_no_frame(
    quick_farm: QuickFarm, tmp_path: Path, number: int
) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, shortages=[number] * 12))
    job_id = quick_farm.start_render(path, frameRanges=["1-2"])
    wait_until(lambda: bool(quick_farm.job(job_id)["pausedReason"]), "the job says why it pauses")
    job = quick_farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed"
    assert job["pausedReason"] is None
    assert len(quick_farm.frames(job_id)) == 2


def test_a_shortage_that_is_over_is_not_told_any_longer(quick_farm: QuickFarm, tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=5.0, shortages=[errno.ENOSPC]))
    job_id = quick_farm.start_render(path, frameRanges=["1"])
    wait_until(lambda: bool(quick_farm.job(job_id)["pausedReason"]), "the job says why it pauses")
    wait_until(lambda: not quick_farm.job(job_id)["pausedReason"], "the frame renders again")
    assert quick_farm.job(job_id)["status"] != "completed"
