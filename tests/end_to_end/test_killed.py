"""Each process is killed in mid-render: no half file has a real name, and all frames come in the end."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from pressing import Press, pixels
from waiting import wait_until

import left_running
from farmhand.courier.process import launcher
from farmhand.jobs.journal.submission import State
from farmhand.jobs.process.file_lock import is_held

FRAMES = 20


@pytest.fixture
def rendering(press: Callable[..., Press], scene_file: Callable[..., Path]) -> Press:
    """A press of which some frames are here and many are still to come."""
    pressed = press(scene_file("steady"))
    one = pressed.wait_for_frames(2)
    assert one.frames_done < FRAMES, "the scene renders too fast for this test"
    return pressed


def assert_whole(pressed: Press, count: int) -> None:
    """So many frames, and each can be read to its end."""
    frames = pressed.frames()
    assert len(frames) == count
    for frame in frames:
        pixels(frame)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid), f"{pid} is gone")


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def render_blenders(pressed: Press) -> list[int]:
    """Processes to which a farm of this home gave a user folder below its own."""
    mark = f"BLENDER_USER_RESOURCES={pressed.home.farms}/".encode()
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                if mark in (each / "environ").read_bytes():
                    found.append(int(each.name))
            except OSError:
                continue
    return found


@pytest.mark.soak
def test_a_killed_farm_starts_again_and_goes_on_with_the_same_job(rendering: Press) -> None:
    before = rendering.submission()
    kill(left_running.farm_pids(rendering.home.folder)[0])
    assert_whole(rendering, len(rendering.frames()))
    assert rendering.wait() == 0, rendering.printed()
    assert_whole(rendering, FRAMES)
    after = rendering.submission()
    assert before is not None and after is not None
    assert after.job_id == before.job_id


@pytest.mark.soak
def test_a_killed_courier_is_replaced_and_no_frame_is_lost(rendering: Press) -> None:
    courier = left_running.courier_pid(rendering.home.folder)
    assert courier is not None
    kill(courier)
    assert_whole(rendering, len(rendering.frames()))
    assert rendering.wait() == 0, rendering.printed()
    assert_whole(rendering, FRAMES)


@pytest.mark.soak
def test_after_blender_was_killed_the_frames_go_on_arriving(rendering: Press) -> None:
    rendering.kill()
    rendering.wait_for(lambda one: one.state is State.DONE, "it is done")
    assert_whole(rendering, FRAMES)


def test_after_everything_was_killed_the_next_start_goes_on_and_says_so(rendering: Press) -> None:
    rendering.kill()
    for pid in [left_running.courier_pid(rendering.home.folder), *left_running.farm_pids(rendering.home.folder)]:
        assert pid is not None
        kill(pid)
    for frame in rendering.frames():
        pixels(frame)
    # A killed process lets go of its lock a moment after it looks dead; one who looks sooner starts no other.
    wait_until(lambda: not is_held(rendering.home.lock), "nobody holds the lock")
    launcher.ensure_courier(rendering.home, {})
    rendering.wait_for(lambda one: one.state is State.DONE, "it is done")
    assert_whole(rendering, FRAMES)
    assert any("resumed this job" in sentence for sentence in rendering.said())


@pytest.mark.soak
def test_the_frame_of_a_killed_render_blender_is_rendered_again(rendering: Press) -> None:
    for pid in render_blenders(rendering):
        kill(pid)
    assert rendering.wait() == 0, rendering.printed()
    assert_whole(rendering, FRAMES)
