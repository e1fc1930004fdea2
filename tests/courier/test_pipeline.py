"""The way of a submission, from its job folder to verified frames."""

import sqlite3
from contextlib import closing
from pathlib import Path

from carrying import Carrying, carrying, expected
from fault_proxy import FaultProxy
from painting_farm import PaintingFarm
from running_farm import API, wait_until

from farmhand.courier.submission import Request, Stage, State


def test_a_submission_ends_with_its_frames_under_the_names_that_blender_gives_them(courier: Carrying) -> None:
    done = courier.carry(courier.submit())
    assert (done.stage, done.state, done.job_status) == (Stage.FINISHED, State.DONE, "completed")
    assert courier.files() == expected()


def test_every_frame_is_rendered_once(courier: Carrying, painting_farm: PaintingFarm) -> None:
    done = courier.carry(courier.submit())
    assert sorted(painting_farm.renders(done.job_id)) == [1, 2, 3]


def test_what_is_here_and_right_is_not_fetched_again(courier: Carrying, proxy: FaultProxy) -> None:
    done = courier.carry(courier.submit())
    proxy.clear()
    assert courier.carry(courier.answer(done, Request.PULL_AGAIN)).state is State.DONE
    assert not [line for line in proxy.seen if "/storage/" in line]


def test_a_frame_that_was_changed_here_is_pulled_again_when_asked(courier: Carrying) -> None:
    done = courier.carry(courier.submit())
    (courier.output / "shot_0002.png").write_bytes(b"painted over")
    assert courier.carry(courier.answer(done, Request.PULL_AGAIN)).state is State.DONE
    assert courier.files() == expected()


def test_the_render_waits_for_the_confirmation_that_was_asked_for(
    courier: Carrying, painting_farm: PaintingFarm
) -> None:
    waiting = courier.carry(courier.submit(needs_confirm=True))
    assert (waiting.stage, waiting.state) == (Stage.CONFIRM, State.WAITING)
    assert painting_farm.job(waiting.job_id)["status"] == "validated"
    assert courier.carry(courier.answer(waiting, Request.CONFIRM)).state is State.DONE


def test_a_package_that_changed_on_disk_is_not_sent(courier: Carrying, proxy: FaultProxy) -> None:
    submission = courier.submit()
    (courier.home.job(submission.id) / "package.blend").write_bytes(b"another scene")
    stopped = courier.carry(submission)
    assert stopped.state is State.STOPPED and stopped.problem is not None and "changed" in stopped.problem.what
    assert not [line for line in proxy.seen if line.startswith("PUT")]


def test_a_package_of_five_gibibytes_is_refused_before_the_first_byte(courier: Carrying, proxy: FaultProxy) -> None:
    submission = courier.submit()
    with (courier.home.job(submission.id) / "package.blend").open("r+b") as file:
        file.truncate(5 * 1024**3)
    stopped = courier.carry(submission)
    assert stopped.problem is not None and stopped.problem.code == "too_large"
    assert not proxy.seen


def test_who_keeps_both_gets_all_new_frames_under_another_name(courier: Carrying) -> None:
    courier.output.mkdir()
    (courier.output / "shot_0002.png").write_bytes(b"mine")
    done = courier.carry(courier.submit(output_existing="keep"))
    new = {name.replace("shot_", "shot_v2_"): data for name, data in expected().items()}
    assert courier.files() == {**new, "shot_0002.png": b"mine"}
    (courier.output / "shot_v2_0003.png").unlink()
    courier.carry(courier.answer(done, Request.PULL_AGAIN))
    assert courier.files() == {**new, "shot_0002.png": b"mine"}


def test_files_with_names_of_the_services_own_are_kept_both_too(courier: Carrying) -> None:
    courier.carry(courier.submit(output_pattern=""))
    first = courier.files()
    courier.carry(courier.submit(output_pattern="", output_existing="keep"))
    both = courier.files()
    assert both.items() > first.items()
    assert sorted(both.values()) == sorted([*first.values()] * 2)


def test_files_that_are_there_are_replaced_only_after_asking(courier: Carrying) -> None:
    courier.output.mkdir()
    (courier.output / "shot_0002.png").write_bytes(b"mine")
    waiting = courier.carry(courier.submit(output_existing="ask"))
    assert waiting.state is State.WAITING and "shot_0002.png" in waiting.note
    assert courier.files()["shot_0002.png"] == b"mine"
    courier.carry(courier.answer(waiting, Request.CONFIRM))
    assert courier.files() == expected()


def test_a_frame_of_another_size_is_shown_as_suspect(courier: Carrying) -> None:
    done = courier.carry(courier.submit(output_width=1920, output_height=1080))
    assert (done.state, done.frames_done, done.frames_suspect) == (State.DONE, 3, 3)
    assert "not 1920 × 1080" in courier.frames(done)[0].reason


def test_a_render_setting_that_cannot_be_sent_stops_before_anything_is_paid_for(courier: Carrying) -> None:
    stopped = courier.carry(courier.submit(render_config={"sampleCount": "many"}))
    assert stopped.problem is not None and "sampleCount" in stopped.problem.what


def test_pull_again_does_not_jump_over_a_render_that_was_never_started(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("status", "POST /api/.*/validate", value=401)
    stopped = courier.carry(courier.submit())
    assert (stopped.stage, stopped.state) == (Stage.VALIDATE, State.STOPPED)
    assert courier.answer(stopped, Request.PULL_AGAIN).stage is Stage.VALIDATE


def test_frames_that_the_service_no_longer_keeps_are_said_to_be_gone(tmp_path: Path) -> None:
    farm = PaintingFarm(tmp_path / "farm", keep_days=1, first_removal=0.1)
    with carrying(tmp_path, farm.url + API, farm.token) as courier:
        done = courier.carry(courier.submit())
        (courier.output / "shot_0002.png").unlink()
        farm.stop()
        with closing(sqlite3.connect(farm.data / "farm.sqlite3")) as database, database:
            database.execute("UPDATE jobs SET updated = updated - 2 * 86400, links_until = 0")
        farm.start()
        wait_until(lambda: farm.job(done.job_id)["output"]["isDeletedForClient"], 20, "the farm has removed the frames")
        courier.url, courier.key = farm.url + API, farm.token
        stopped = courier.carry(courier.answer(done, Request.PULL_AGAIN))
    farm.stop()
    assert stopped.state is State.STOPPED
    assert stopped.problem is not None and "no longer keeps" in stopped.problem.what
