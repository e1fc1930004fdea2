"""What is asked of a submission is done, or said to be impossible; nobody waits for ever."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from carrying import Carrying, expected
from command_line import FARMHAND
from fault_proxy import Fault, FaultProxy
from painting_farm import PaintingFarm
from supervisor_here import supervisor_here
from waiting import PATIENCE, wait_until

from farmhand.courier.daemon import supervisor as supervisor_module
from farmhand.courier.frames import recheck
from farmhand.courier.frames.verify import is_as_recorded
from farmhand.courier.job.context import JobContext
from farmhand.courier.job.control import JobControl
from farmhand.courier.pipeline.runner import run
from farmhand.courier.process import follow
from farmhand.jobs import submit
from farmhand.jobs.journal import request_rules
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Request, State, Submission
from farmhand.jobs.process.file_lock import Lock
from farmhand.jobs.process.lock_holder import HolderRole, sign


def ask(courier: Carrying, submission: Submission, request: Request) -> None:
    with Journal(courier.home.journal) as journal:
        journal.ask(submission.id, request)


def open_requests(courier: Carrying) -> list[Request]:
    with Journal(courier.home.journal) as journal:
        return [request for _, _, request in journal.requests()]


def running_job_of_another(courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path) -> Submission:
    scene = tmp_path / "scene.blend"
    scene.write_bytes(b"BLENDER")
    job_id = painting_farm.start_render(scene, frameRanges=["1-100000"])
    return submit.bring_job(courier.home, courier.url, job_id, courier.output)


def test_a_cancel_without_the_key_does_not_keep_the_courier(
    courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path
) -> None:
    submission = running_job_of_another(courier, painting_farm, tmp_path)
    ask(courier, submission, Request.CANCEL)
    with supervisor_here(courier, keys={}, idle_seconds=0.3) as supervisor:
        wait_until(lambda: not supervisor.is_at_work, "the courier has nothing to do")
    now = courier.now(submission)
    assert now.problem is not None and "No API key" in now.problem.what
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).is_over, "somebody brought the key")
    assert courier.now(submission).state is State.CANCELED
    assert painting_farm.job(submission.job_id)["status"] == "canceled"
    assert not open_requests(courier)


def test_the_command_to_cancel_ends_and_says_that_the_key_is_missing(
    courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path
) -> None:
    submission = running_job_of_another(courier, painting_farm, tmp_path)
    environment = {**os.environ, "FARMHAND_HOME": str(courier.home.folder)}
    environment.pop("FARMHAND_API_KEY", None)
    command = [*FARMHAND, "cancel", submission.id]
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 3
        assert "FARMHAND_API_KEY" in done.stderr
    environment |= {"FARMHAND_API_KEY": courier.key, "FARMHAND_SERVER": courier.url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert courier.now(submission).state is State.CANCELED


def test_who_brings_the_key_waits_for_what_comes_of_it(courier: Carrying) -> None:
    submission = courier.submit()
    with supervisor_here(courier, keys={}, idle_seconds=0.3) as supervisor:
        wait_until(lambda: not supervisor.is_at_work, "the courier has nothing to do")
    assert courier.now(submission).state is State.WAITING
    with supervisor_here(courier):
        *_, last = follow.follow(courier.home, submission.id, {courier.url: courier.key})
    assert last.state is State.DONE


@pytest.mark.parametrize("read", ["requests", "submission"])
def test_who_asked_does_not_take_the_state_of_before_for_the_answer(
    courier: Carrying, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    done = courier.carry(courier.submit())
    assert done.state is State.DONE
    ask(courier, done, Request.PULL_AGAIN)
    read_it = getattr(Journal, read)

    def read_after_the_request_was_taken_up(journal: Journal, *of: str) -> object:
        monkeypatch.setattr(Journal, read, read_it)
        with Journal(courier.home.journal) as carriers:
            ((number, _, request),) = carriers.requests(done.id)
            request_rules.answer(courier.home, carriers, done, request)
            carriers.answered(number)
        return read_it(journal, *of)

    monkeypatch.setattr(Journal, read, read_after_the_request_was_taken_up)
    seen = []
    for one in follow.follow(courier.home, done.id, {courier.url: courier.key}):
        seen.append(one.state)
        if one.state is State.QUEUED:
            with Journal(courier.home.journal) as carriers:
                carriers.save(done)
    assert seen == [State.QUEUED, State.DONE]


@pytest.fixture
def slow_looks(monkeypatch: pytest.MonkeyPatch) -> list[FrameRecord]:
    """Frames as large as an hour of film: each look at one takes a while."""
    looked = list[FrameRecord]()

    def look(record: FrameRecord) -> bool:
        looked.append(record)
        time.sleep(0.1)
        return is_as_recorded(record)

    monkeypatch.setattr(recheck, "is_as_recorded", look)
    return looked


def test_the_courier_hears_and_beats_while_it_compares_what_is_here(
    courier: Carrying, slow_looks: list[FrameRecord]
) -> None:
    frames = range(1, 41)
    submission = courier.carry(courier.submit(frames))
    assert submission.state is State.DONE
    (courier.output / "shot_0040.png").write_bytes(b"painted over")
    with supervisor_here(courier):
        ask(courier, submission, Request.PULL_AGAIN)
        wait_until(lambda: len(slow_looks) > 2, "it compares")
        ask(courier, submission, Request.PAUSE)
        wait_until(lambda: courier.now(submission).state is State.PAUSED, "it pauses")
        assert len(slow_looks) < 30
        wait_until(lambda: open_requests(courier) == [Request.PULL_AGAIN], "the pause is answered, the pull not")
        ask(courier, submission, Request.RESUME)
        wait_until(lambda: courier.now(submission).is_over, "it is over")
        assert not open_requests(courier)
    assert courier.now(submission).state is State.DONE
    assert courier.files() == expected(frames)


def test_a_cancel_while_it_compares_is_heard_and_final(courier: Carrying, slow_looks: list[FrameRecord]) -> None:
    submission = courier.carry(courier.submit(range(1, 41)))
    with supervisor_here(courier):
        ask(courier, submission, Request.PULL_AGAIN)
        wait_until(lambda: len(slow_looks) > 2, "it compares")
        ask(courier, submission, Request.CANCEL)
        wait_until(lambda: courier.now(submission).state is State.CANCELED, "it is canceled")
        wait_until(lambda: not open_requests(courier), "nothing is left to do")
        assert len(slow_looks) < 30
        looks = len(slow_looks)
        time.sleep(0.5)
        assert len(slow_looks) <= looks + 1
    assert courier.now(submission).state is State.CANCELED


def test_a_courier_that_ends_while_it_compares_leaves_that_to_the_next(
    courier: Carrying, slow_looks: list[FrameRecord]
) -> None:
    submission = courier.carry(courier.submit(range(1, 41)))
    (courier.output / "shot_0040.png").unlink()
    with supervisor_here(courier):
        ask(courier, submission, Request.PULL_AGAIN)
        wait_until(lambda: len(slow_looks) > 2, "it compares")
    assert open_requests(courier) == [Request.PULL_AGAIN]
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).state is State.DONE, "it is over")
    assert courier.files() == expected(range(1, 41))


def test_a_download_again_of_a_job_that_renders_brings_what_was_deleted_here(
    courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path
) -> None:
    submission = running_job_of_another(courier, painting_farm, tmp_path)
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).frames_done > 3, "frames arrive")
        record = next(one for one in courier.frames(submission) if one.state is FrameState.DOWNLOADED)
        content = Path(record.path).read_bytes()
        Path(record.path).unlink()
        ask(courier, submission, Request.PULL_AGAIN)
        wait_until(lambda: not open_requests(courier), "the request is answered")
        wait_until(Path(record.path).exists, "the frame is here again")
        assert Path(record.path).read_bytes() == content
        assert courier.now(submission).state is State.ACTIVE
        ask(courier, submission, Request.CANCEL)
        wait_until(lambda: courier.now(submission).is_over, "it is canceled")


def test_a_key_that_is_changed_while_a_job_is_carried_is_used_by_it(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("latency", r"^GET /storage/", times=-1, value=0.2)
    submission = courier.submit(range(1, 301))
    with supervisor_here(courier) as supervisor:
        wait_until(lambda: courier.now(submission).frames_done > 0, "frames arrive")
        supervisor.keys.add({courier.url: "a-wrong-key"})
        wait_until(lambda: courier.now(submission).state is State.STOPPED, "the new key is refused")
        supervisor.keys.add({courier.url: courier.key})
        wait_until(lambda: courier.now(submission).is_over, "the right one is used")
    assert courier.now(submission).state is State.DONE


def test_an_old_key_that_is_refused_gives_way_to_the_new_one(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("latency", r"^GET /storage/", times=-1, value=0.2)
    submission = courier.submit(range(1, 301))
    with supervisor_here(courier) as supervisor:
        wait_until(lambda: courier.now(submission).frames_done > 0, "frames arrive")
        before = keys_for(courier)
        supervisor.keys.add({courier.url: f"{courier.key} "})  # another one that is good as well
        wait_until(lambda: keys_for(courier) != before, "the courier has taken it up")
        proxy.faults.insert(0, fault := Fault("status", r"^GET /api/", 1, 401))
        wait_until(lambda: fault.struck == 1, "the old one is refused")
        wait_until(lambda: courier.now(submission).is_over, "it goes on")
    assert courier.now(submission).state is State.DONE


def keys_for(courier: Carrying) -> dict[str, str]:
    with Journal(courier.home.journal) as journal:
        presence = journal.courier()
    return presence.keys_for if presence else {}


def test_who_has_the_key_brings_it_to_a_courier_that_others_started(courier: Carrying) -> None:
    submission = courier.submit()
    seen = list[State]()

    def watch() -> None:
        seen.extend(one.state for one in follow.follow(courier.home, submission.id, {courier.url: courier.key}))

    with Lock(courier.home.lock) as lock, supervisor_here(courier, keys={}):
        assert lock.acquire()
        sign(lock, HolderRole.COURIER)
        wait_until(lambda: courier.now(submission).state is State.WAITING, "it waits for its key")
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        wait_until(lambda: courier.now(submission).is_over, "the courier has got the key")
        watcher.join(PATIENCE)
    assert seen[-1] is State.DONE


def test_a_key_that_comes_while_the_courier_says_good_bye_is_used(
    courier: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = courier.submit()
    say_good_bye = Journal.courier_leaves

    def bring_the_key_and_leave(journal: Journal, pid: int) -> None:
        supervisor.keys.add({courier.url: courier.key})
        say_good_bye(journal, pid)

    with supervisor_here(courier, keys={courier.url: "RJ-of-somebody-else"}, idle_seconds=0.5) as supervisor:
        wait_until(lambda: courier.now(submission).state is State.STOPPED, "the key is refused")
        monkeypatch.setattr(Journal, "courier_leaves", bring_the_key_and_leave)
        wait_until(lambda: not supervisor.is_at_work, "the courier has nothing to do")
    assert courier.now(submission).state is State.DONE


def test_a_courier_that_is_told_to_end_is_no_longer_counted_on(
    courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = running_job_of_another(courier, painting_farm, tmp_path)
    pids, leave = list[int](), JobControl.leave

    def leave_and_look(control: JobControl) -> None:
        pids.append(courier.courier_pid())
        leave(control)

    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).frames_done > 0, "frames arrive")
        assert courier.courier_pid() == os.getpid()
        monkeypatch.setattr(JobControl, "leave", leave_and_look)
    assert pids == [0]
    painting_farm.ask(f"/jobs/{submission.job_id}/cancel")


def test_a_job_that_is_removed_while_its_carrier_ends_is_canceled_all_the_same(
    courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = running_job_of_another(courier, painting_farm, tmp_path)

    def carry_and_have_it_removed(context: JobContext, one: Submission) -> Submission:
        last = run(context, one)
        if last.state is State.PAUSED:
            ask(courier, one, Request.FORGET)
            wait_until(context.control.should_end, "the carrier is told, which hears nothing any more")
        return last

    monkeypatch.setattr(supervisor_module, "run", carry_and_have_it_removed)
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).frames_done > 0, "frames arrive")
        ask(courier, submission, Request.PAUSE)
        wait_until(lambda: not courier.home.job(submission.id).exists(), "it is removed")
    assert painting_farm.job(submission.job_id)["status"] == "canceled"
