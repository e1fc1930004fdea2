"""The farm, each worker, or both are killed at random moments of a job: each frame is delivered once, the right one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kill_moments
import pytest
from in_blender import run_in_blender
from kill_moments import FRAMES, MOMENTS, VICTIMS
from running_farm import RunningFarm

QUICK = (4,)
DIRECTLY = Path(__file__).parents[1] / "support" / "render_directly.py"


@pytest.fixture(scope="module")
def direct(
    blender_command: list[str], scene_file: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> list[bytes]:
    """The frames as Blender itself renders them, without a farm."""
    folder = tmp_path_factory.mktemp("directly")
    run_in_blender(blender_command, DIRECTLY, str(scene_file("turning")), str(folder), "1", str(FRAMES))
    frames = [each.read_bytes() for each in sorted(folder.iterdir())]
    assert len(set(frames)) == FRAMES, "no two frames of this scene are alike"
    return frames


@pytest.fixture(scope="module")
def mortal_farm(blender_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFarm]:
    farm = RunningFarm(tmp_path_factory.mktemp("mortal"), blender_command, "--workers", "2")
    yield farm
    farm.stop()


@pytest.fixture(scope="module")
def usual_seconds(mortal_farm: RunningFarm, scene_file: Callable[..., Path]) -> float:
    """How long the job takes here, from its validation on, when nobody dies."""
    began = time.monotonic()
    job = mortal_farm.rendered(scene_file("turning"), frameRanges=[f"1-{FRAMES}"])
    assert job["status"] == "completed"
    return time.monotonic() - began


@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    "seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(MOMENTS) if seed not in QUICK)]
)
def test_whoever_dies_each_frame_is_delivered_once_and_is_the_right_one(
    mortal_farm: RunningFarm,
    scene_file: Callable[..., Path],
    direct: list[bytes],
    usual_seconds: float,
    seed: int,
    record_property: Callable[[str, Any], None],
) -> None:
    victim, moment, followed = kill_moments.die_once(mortal_farm, scene_file("turning"), seed, usual_seconds)
    assert [followed.frames[path] for path in sorted(followed.frames)] == direct
    followed.assert_that_no_finished_frame_was_written_again()
    assert victim in VICTIMS and followed.at_death >= 0, "nobody died"
    record_property("death", f"{seed}|{victim}|{moment:.2f}|{followed.at_death}")
