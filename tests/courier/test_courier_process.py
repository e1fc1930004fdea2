"""The courier as a process: started, shared, replaced, gone."""

import json
import subprocess
from pathlib import Path

import psutil
from carrying import Carrying, expected
from fault_proxy import FaultProxy
from painting_farm import PaintingFarm
from waiting import wait_until

from farmhand.courier.process import launcher
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import CourierInfo, Request, State
from farmhand.jobs.process.file_lock import is_held


def test_a_courier_carries_what_is_submitted(courier: Carrying) -> None:
    submission = courier.submit()
    courier.start_courier()
    assert courier.wait_until_standing(submission).state is State.DONE
    assert courier.files() == expected()


def test_one_courier_serves_everybody(courier: Carrying) -> None:
    submissions = [courier.submit() for _ in range(3)]
    for _ in range(3):
        courier.start_courier()
    assert {courier.wait_until_standing(one).state for one in submissions} == {State.DONE}
    started = [line for line in (courier.home.logs / "courier.log").read_text().splitlines() if "carrying" in line]
    assert len(started) == 3


def test_a_courier_of_another_version_makes_room(courier: Carrying) -> None:
    courier.start_courier()
    wait_until(lambda: courier.courier_pid() != 0, "the first courier is there")
    first = courier.courier_pid()
    with Journal(courier.home.journal) as journal:
        presence = journal.courier()
        assert presence is not None
        journal.courier_is(
            CourierInfo(first, "0.0.1", presence.started, presence.heartbeat, presence.keys_for, presence.channel)
        )
    submission = courier.submit()
    courier.start_courier()
    wait_until(lambda: courier.courier_pid() not in (0, first), "the second courier is there")
    assert courier.wait_until_standing(submission).state is State.DONE


def test_a_courier_that_lacks_a_key_gets_it_without_ending(courier: Carrying) -> None:
    launcher.ensure_courier(courier.home, {})
    submission = courier.submit()
    wait_until(lambda: courier.now(submission).state is State.WAITING, "it waits for its key")
    first = courier.courier_pid()
    courier.start_courier()
    wait_until(lambda: courier.now(submission).is_over, "it is over")
    assert courier.now(submission).state is State.DONE
    assert courier.courier_pid() == first


def test_an_idle_courier_goes_and_the_next_submission_finds_a_new_one(courier: Carrying) -> None:
    command = launcher.python_command("courier", "--home", str(courier.home.folder), "--idle-exit", "0.2")
    subprocess.run(command, input=json.dumps({"keys": {}}), text=True, timeout=30, check=True)
    assert not is_held(courier.home.lock)
    submission = courier.submit()
    courier.start_courier()
    assert courier.wait_until_standing(submission).state is State.DONE


def test_cancel_stops_the_job_at_the_service(courier: Carrying, proxy: FaultProxy, painting_farm: PaintingFarm) -> None:
    proxy.add("status", r"^GET /storage/", times=-1, value=503)
    submission = courier.submit(range(1, 10_001))  # long enough that no look at it comes too late
    courier.start_courier()
    wait_until(lambda: courier.now(submission).job_status == "rendering", "it renders")
    courier.ask(submission, Request.CANCEL)
    wait_until(lambda: courier.now(submission).is_over, "it is over")
    assert courier.now(submission).state is State.CANCELED
    assert painting_farm.job(courier.now(submission).job_id)["status"] == "canceled"


def test_a_paused_submission_rests_until_it_is_resumed(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("latency", r"^GET /storage/", times=-1, value=0.2)
    submission = courier.submit(range(1, 61))
    courier.start_courier()
    wait_until(lambda: courier.now(submission).frames_done > 0, "frames arrive")
    courier.ask(submission, Request.PAUSE)
    wait_until(lambda: courier.now(submission).state is State.PAUSED, "it is paused")
    proxy.clear()
    courier.ask(submission, Request.RESUME)
    assert courier.now(submission).frames_done < 60
    wait_until(lambda: courier.now(submission).is_over, "it is over")
    assert courier.files() == expected(range(1, 61))


def test_a_forgotten_submission_leaves_its_frames_and_nothing_else(courier: Carrying) -> None:
    submission = courier.submit()
    courier.start_courier()
    courier.wait_until_standing(submission)
    courier.ask(submission, Request.FORGET)
    wait_until(lambda: not courier.home.job(submission.id).exists(), "the job folder is gone")
    assert courier.files() == expected()


def test_the_key_is_nowhere_but_in_memory(courier: Carrying, painting_farm: PaintingFarm, tmp_path: Path) -> None:
    submission = courier.submit(range(1, 21), ask_mode="always")
    courier.start_courier()
    wait_until(lambda: courier.now(submission).state is State.WAITING, "it waits for confirmation")
    process = psutil.Process(courier.courier_pid())
    assert painting_farm.token not in " ".join(process.cmdline())
    assert painting_farm.token not in str(process.environ())
    secret = painting_farm.token.encode()
    courier.ask(submission, Request.CONFIRM)
    wait_until(lambda: courier.now(submission).is_over, "it is over")
    for folder in (courier.home.folder, courier.output, painting_farm.data / "objects"):
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_socket():
                assert secret not in file.read_bytes(), file


def test_a_wrong_key_is_told_from_a_missing_network_and_shown_nowhere(courier: Carrying) -> None:
    wrong = "RJ-wrong-key-of-somebody"
    submission = courier.submit()
    launcher.ensure_courier(courier.home, {courier.url: wrong})
    stopped = courier.wait_until_standing(submission)
    assert stopped.problem is not None and stopped.problem.code == "unauthorized"
    assert wrong not in str(stopped)
    courier.ask(submission, Request.RETRY)
    wait_until(lambda: courier.now(submission).is_over, "the right key was brought along")


def test_a_submission_whose_job_folder_is_gone_stops_with_a_word(courier: Carrying) -> None:
    submission = courier.submit()
    courier.home.job(submission.id).rename(courier.home.jobs / "elsewhere")
    courier.start_courier()
    stopped = courier.wait_until_standing(submission)
    assert stopped.state is State.STOPPED and stopped.problem is not None
    assert "Submit the file again" in stopped.problem.advice
