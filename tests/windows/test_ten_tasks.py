"""What a new user sets out to do, from the screen alone; with the journeys, all ten tasks of the interface's trial.

First render: test_first_render. Sequencer, compare, two cameras: test_journeys. The others are here; they take
minutes, so most are for `make soak`.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from contextlib import suppress
from pathlib import Path

import pytest
from journey import Stage
from painting_farm import PaintingFarm
from waiting import wait_until

STOPPED = """
import time
kept, journals = farmhand("jobs.journal.submission"), farmhand("jobs.journal.journal")
now = time.time()
one = kept.Submission("stopped-job", "earlier", "local", "", "Scene", "/nowhere", now, now)
problem = kept.Problem("local_problem", "The disk is full.", "", "Free some space.")
with journals.Journal(live().home.journal) as journal:
    journal.add(one.with_(state=kept.State.STOPPED, stage=kept.Stage.PULL, problem=problem))
"""
REQUESTS = """
with farmhand("jobs.journal.journal").Journal(live().home.journal) as journal:
    answer = len(journal.transitions("stopped-job"))
"""
CUSTOM = """
fields = bpy.context.preferences.addons[MODULE].preferences
fields.custom_url, fields.custom_key = {url!r}, {key!r}
bpy.context.scene.farmhand.server = "CUSTOM"
"""


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def players(frame: Path) -> list[int]:
    """Processes that play this frame's sequence."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "-a" in words and str(frame) in words:
                found.append(int(process.name))
    return found


@pytest.mark.soak
def test_the_result_is_watched_with_one_press(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.wait("live().thumbnails.icons")
    on.window.press("farmhand.play(")
    try:
        wait_until(lambda: bool(players(on.rendered / "shot_0001.png")), "Blender's player plays the frames")
    finally:
        for pid in players(on.rendered / "shot_0001.png"):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_job_that_stopped_says_why_and_goes_on_once_the_key_is_right(on: Stage, tmp_path: Path) -> None:
    on.prepare(frames=5)  # as many as this farm finds in every file: else the job asks before it starts
    farm = PaintingFarm(tmp_path / "farm", size=(192, 108))
    try:
        on.window.run(CUSTOM.format(url=farm.url, key="wrong"))
        on.window.press("farmhand.submit(")
        time.sleep(1.0)
        if not on.window.run("answer = len(snapshot().packing) + len(snapshot().going) + len(snapshot().waiting)"):
            on.window.key("Return")  # where the server costs money, it asks
        on.window.wait("[row for row in snapshot().waiting if row.word == 'Key Refused']")
        on.picture(f"key-refused-{on.version}")
        on.window.run(CUSTOM.format(url=farm.url, key=farm.token))
        on.over()
        assert (on.state(), len(on.frames())) == ("done", 5)
    finally:
        on.window.run(CUSTOM.format(url="", key="") + 'bpy.context.scene.farmhand.server = "LOCAL"')
        farm.stop()


@pytest.mark.soak
def test_the_button_of_a_job_that_is_not_selected_acts_on_that_job(on: Stage) -> None:
    on.submit("FRAME")
    on.over()
    on.window.run(STOPPED)
    on.window.wait("'stopped-job' in snapshot().by_id")
    on.window.run("farmhand('ui.jobs.job_list').select(bpy.context, live(), snapshot().rows[-1].submission.id)")
    on.window.press('farmhand.retry(submission="stopped-job"', right=True)
    wait_until(lambda: on.window.run(REQUESTS) > 1, "the job was resumed")
    on.window.run("bpy.ops.farmhand.forget('EXEC_DEFAULT', submission='stopped-job')")


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_missing_frames_are_rendered_with_one_press(on: Stage) -> None:
    on.prepare(frames=40)
    on.submit()
    on.window.wait("snapshot().rows[0].submission.frames_done >= 2")
    on.window.run("bpy.ops.farmhand.cancel_going()")  # by mouse: test_journeys
    on.window.wait("snapshot().rows[0].submission.is_over")
    there = len(on.frames())
    assert 2 <= there < 40
    on.picture(f"missing-frames-{on.version}")
    on.window.press("farmhand.render_again(", right=True)
    on.window.wait("len(snapshot().rows[0].parts) == 2")
    on.over()
    assert (on.state(), len(on.frames())) == ("done", 40)


@pytest.mark.soak
def test_another_resolution_holds_for_one_render_alone(on: Stage) -> None:
    on.window.run("open_sub_panel('Overrides')")
    on.window.run("ours = bpy.context.scene.farmhand; ours.use_resolution = True; ours.resolution = (640, 320)")
    on.picture(f"resolution-{on.version}")
    on.submit("FRAME")
    on.over()
    (frame,) = on.frames()
    assert size_of(on.rendered / frame) == (64, 32)  # at the scene's 10 %
    assert on.window.run("answer = bpy.context.scene.render.resolution_x") == 1920
    on.window.run("open_sub_panel('Jobs')")


@pytest.mark.soak
def test_frames_that_exist_are_skipped_as_the_dialog_proposes(on: Stage) -> None:
    on.submit()
    on.over()
    (on.rendered / "shot_0002.png").unlink()
    kept = (on.rendered / "shot_0001.png").stat().st_mtime_ns
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.press("farmhand.submit(what='ANIMATION'")
    time.sleep(1.0)
    on.picture(f"skip-{on.version}", whole=True)
    on.window.key("Return")
    on.window.wait("len(snapshot().rows[0].parts) == 2")
    on.over()
    assert on.window.run("answer = [one.frames_total for one in snapshot().rows[0].parts]") == [3, 1]
    assert on.window.run("answer = len(snapshot().rows)") == before
    assert len(on.frames()) == 3 and (on.rendered / "shot_0001.png").stat().st_mtime_ns == kept
