"""The way of a submission, from its job folder to verified frames."""

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from carrying import Carrying, carrying, expected
from fault_proxy import FaultProxy, fault_proxy
from painting_farm import PaintingFarm
from running_farm import API
from waiting import PATIENCE, wait_until

from farmhand.client.models import Downloads
from farmhand.client.network.network import NetworkSettings
from farmhand.client.retry import RetryPolicy
from farmhand.client.service import HEARD_SECONDS, Service
from farmhand.courier.job.control import JobControl
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameState, Request, Stage, State
from farmhand.ui.jobs.job_row import row_word


def test_a_submission_ends_with_its_frames_under_the_names_that_blender_gives_them(courier: Carrying) -> None:
    done = courier.carry(courier.submit())
    assert (done.stage, done.state, done.job_status) == (Stage.FINISHED, State.DONE, "completed")
    assert courier.files() == expected()


def test_the_latest_frame_is_the_highest_and_not_the_one_that_came_last(courier: Carrying) -> None:
    done = courier.carry(courier.submit(tuple(range(1, 41))))
    assert done.latest_frame.endswith("0040.png")


def test_while_a_server_gives_no_answer_the_list_says_that_it_is_waited_for(
    courier: Carrying, painting_farm: PaintingFarm
) -> None:
    submission = courier.submit()
    courier.url = "http://127.0.0.1:9/api/external/v1"
    patient = RetryPolicy(first=1.2, ceiling=1.2, unreachable=6.0)
    words = set[str]()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, submission, retry=patient)
        wait_until(lambda: words.add(row_word(courier.now(submission))) or "Waiting for Server" in words, "waits")
        assert carried.result(timeout=PATIENCE).state is State.STOPPED
    assert row_word(courier.now(submission)) == "Stopped"


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


def test_a_frame_that_was_retouched_or_rendered_anew_stays_when_others_are_pulled_again(courier: Carrying) -> None:
    done = courier.carry(courier.submit())
    retouched = courier.output / "shot_0002.png"
    retouched.write_bytes(expected()["shot_0003.png"])
    later = time.time() + 60
    os.utime(retouched, (later, later))
    (courier.output / "shot_0001.png").unlink()
    assert courier.carry(courier.answer(done, Request.PULL_AGAIN)).state is State.DONE
    assert courier.files() == {**expected(), "shot_0002.png": expected()["shot_0003.png"]}


def test_a_retouched_frame_stays_whatever_the_clock_said_then(courier: Carrying) -> None:
    done = courier.carry(courier.submit())
    retouched = courier.output / "shot_0002.png"
    came = retouched.stat().st_mtime
    for seconds in (-3600, 0, 3600):
        retouched.write_bytes(expected()["shot_0003.png"] + b"\0")
        os.utime(retouched, (came + seconds, came + seconds))
        assert courier.carry(courier.answer(done, Request.PULL_AGAIN)).state is State.DONE
        assert retouched.read_bytes() == expected()["shot_0003.png"] + b"\0"


def test_the_render_waits_for_the_confirmation_that_was_asked_for(
    courier: Carrying, painting_farm: PaintingFarm
) -> None:
    waiting = courier.carry(courier.submit(ask_mode="always"))
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


class _AnotherJob(JobControl):
    """Brings a frame of its own to the same place, between the look at the folder and the first file."""

    def __init__(self, frame: Path) -> None:
        super().__init__()
        self._frame = frame

    def check(self) -> None:
        super().check()
        if self._frame.parent.exists() and not self._frame.exists():
            self._frame.write_bytes(b"of another job")


@pytest.mark.parametrize("existing", ["keep", "ask"])
def test_a_frame_that_another_job_brings_meanwhile_is_kept(courier: Carrying, existing: str) -> None:
    other = _AnotherJob(courier.output / "shot_0002.png")
    done = courier.carry(courier.submit(output_existing=existing), other)
    frames = expected()
    assert done.state is State.DONE
    assert courier.files() == {
        **frames, "shot_0002.png": b"of another job", "shot_0002_v2.png": frames["shot_0002.png"]
    }  # fmt: skip


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
    assert "instead of 1920 × 1080" in courier.frames(done)[0].reason


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
        wait_until(lambda: farm.job(done.job_id)["output"]["isDeletedForClient"], "the farm has removed the frames")
        courier.url, courier.key = farm.url + API, farm.token
        stopped = courier.carry(courier.answer(done, Request.PULL_AGAIN))
    farm.stop()
    assert stopped.state is State.STOPPED
    assert stopped.problem is not None and "no longer has this job's files" in stopped.problem.what


BLACK, PINK = (0, 0, 0), (255, 0, 255)


@pytest.fixture
def odd_farm(tmp_path: Path) -> Iterator[PaintingFarm]:
    """A farm whose second frame is black, and from the 26th on all are pink, as are a few before."""
    pink = dict.fromkeys([3, 7, *range(26, 31)], PINK)
    farm = PaintingFarm(tmp_path / "farm", plain={2: BLACK, **pink})
    yield farm
    farm.stop()


def test_black_and_pink_frames_come_back_suspect_also_those_before_the_first_that_was_found(
    odd_farm: PaintingFarm, tmp_path: Path
) -> None:
    with carrying(tmp_path, odd_farm.url + API, odd_farm.token) as courier:
        done = courier.carry(courier.submit(range(1, 31)), connections=1)
        found = {record.frame: record.reason for record in courier.frames(done) if record.state is FrameState.SUSPECT}
    assert {frame for frame, reason in found.items() if "pink" in reason} == {3, 7, *range(26, 31)}
    assert [frame for frame, reason in found.items() if "black" in reason] == [2]
    assert (done.state, done.frames_done, done.frames_suspect) == (State.DONE, 30, 8)


def test_a_frame_is_suspect_for_what_blender_could_not_read_and_pink_is_the_artists_where_it_read_all(
    tmp_path: Path,
) -> None:
    farm = PaintingFarm(tmp_path / "farm", plain=dict.fromkeys((1, 2), PINK), unreadable={1: [], 3: ["wood.png"]})
    with carrying(tmp_path, farm.url + API, farm.token) as courier:
        done = courier.carry(courier.submit(range(1, 5)), connections=1)
        found = {record.frame: record.reason for record in courier.frames(done) if record.state is FrameState.SUSPECT}
    farm.stop()
    assert found == {3: "Blender could not read wood.png for this frame."}


def test_pink_that_was_found_before_a_restart_is_remembered(odd_farm: PaintingFarm, tmp_path: Path) -> None:
    with carrying(tmp_path, odd_farm.url + API, odd_farm.token) as courier:
        done = courier.carry(courier.submit(range(1, 31)), connections=1)  # so that the 26th is the second sample
        with Journal(courier.home.journal) as journal:  # as if the courier had ended before it looked back
            by_frame = {record.frame: record for record in journal.frames(done.id)}
            missed = replace(by_frame[3], state=FrameState.DOWNLOADED, reason="")
            journal.save_frames([missed])
            journal.save(done.with_(stage=Stage.PULL, state=State.QUEUED))
        courier.carry(done)
        assert {record.frame: record for record in courier.frames(done)}[3].state is FrameState.SUSPECT


def test_a_frame_of_several_files_counts_once(courier: Carrying, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Service.downloads

    def downloads(service: Service, job_id: str, frames: int = 0) -> Downloads:
        found = real(service, job_id, frames)
        eyes = ({"view": "left"}, {"view": "right"}, {"relative_path": "../escaped.png"})
        outputs = [one.model_copy(update=eye) for one in found.frame_outputs or [] for eye in eyes]
        return found.model_copy(update={"frame_outputs": outputs})

    monkeypatch.setattr(Service, "downloads", downloads)
    done = courier.carry(courier.submit(output_width=1920, output_height=1080))
    assert len(courier.files()) == 6
    assert (done.state, done.frames_done, done.frames_total, done.frames_suspect) == (State.DONE, 3, 3, 3)


@pytest.mark.parametrize("request_", [Request.CANCEL, Request.PAUSE])
def test_a_wish_is_heard_while_a_call_gets_no_answer(request_: Request, courier: Carrying, proxy: FaultProxy) -> None:
    hole = proxy.add("black_hole", "POST .*/uploads$", value=120)
    courier.network = NetworkSettings()
    control = JobControl()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, courier.submit(), control)
        wait_until(lambda: hole.struck == 1, "the call is under way")
        asked_at = time.monotonic()
        control.ask(request_)
        ended = carried.result(timeout=PATIENCE)
    assert time.monotonic() - asked_at < HEARD_SECONDS + 30
    assert ended.state is (State.CANCELED if request_ is Request.CANCEL else State.PAUSED)


def test_a_frame_that_a_viewer_holds_open_keeps_no_other_from_arriving(
    courier: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(source: Path, target: Path, **_: float) -> None:
        if target.name == "shot_0002.png":
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
            raise error
        os.replace(source, target)

    with monkeypatch.context() as held:
        held.setattr("farmhand.courier.frames.fetch_frame.files.replace", replace)
        stopped = courier.carry(submission := courier.submit(range(1, 41)))
    assert stopped.state is State.STOPPED and "shot_0002.png" in str(stopped.problem)
    assert set(expected(range(1, 41))) - set(courier.real_files()) == {"shot_0002.png"}
    done = courier.carry(courier.answer(courier.now(submission), Request.RETRY))
    assert (done.state, courier.files()) == (State.DONE, expected(range(1, 41)))


def test_a_frame_that_storage_does_not_have_keeps_no_other_from_arriving(tmp_path: Path) -> None:
    farm = PaintingFarm(tmp_path / "farm", seconds=1.0, workers=1)
    frames = range(1, 5)
    with fault_proxy(int(farm.url.rpartition(":")[2])) as proxy, carrying(tmp_path, proxy.url, farm.token) as courier:
        proxy.add("status", "GET /storage/.*0001", times=-1, value=403)
        stopped = courier.carry(courier.submit(frames))
        assert stopped.state is State.STOPPED and stopped.problem is not None
        assert stopped.problem.code == "unauthorized"
        assert set(expected(frames)) - set(courier.real_files()) == {"shot_0001.png"}
    farm.stop()
