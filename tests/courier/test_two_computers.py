"""A user folder that two computers share, such as one in a synchronized folder: a job is made and paid for once."""

from collections.abc import Callable

import pytest
from carrying import Carrying
from fault_proxy import FaultProxy
from supervisor_here import supervisor_here
from waiting import wait_until

from farmhand.jobs import this_computer
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, Stage, State, Submission


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Work at the computer of this name from now on; "" for one that does not say which it is."""

    def at(name: str) -> None:
        monkeypatch.setattr(this_computer, "identity", lambda: name and f"number of {name}")
        monkeypatch.setattr(this_computer, "name", lambda: name)

    return at


def ask(courier: Carrying, submission: Submission, request: Request) -> None:
    with Journal(courier.home.journal) as journal:
        journal.ask(submission.id, request)


def test_the_second_computer_uploads_no_job_of_the_first_until_it_is_told_to(
    courier: Carrying, at: Callable[[str], None], proxy: FaultProxy
) -> None:
    at("desk")
    submission = courier.submit()
    at("laptop")
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).state is State.STOPPED, "it is not carried")
        assert "desk" in str(courier.now(submission).problem)
        assert not proxy.seen
        ask(courier, submission, Request.RETRY)
        wait_until(lambda: courier.now(submission).state is State.DONE, "it was taken over")
    assert len([line for line in proxy.seen if line == "POST /api/external/v1/jobs"]) == 1


def test_the_first_computer_makes_no_job_once_another_has_taken_over(
    courier: Carrying, at: Callable[[str], None], proxy: FaultProxy
) -> None:
    at("desk")
    submission = courier.submit()
    at("laptop")
    ask(courier, submission, Request.RETRY)
    at("desk")
    stopped = courier.carry(submission)
    assert stopped.state is State.STOPPED and "laptop" in str(stopped.problem)
    assert not proxy.seen


def test_frames_of_a_job_that_was_made_may_be_brought_by_any_computer(
    courier: Carrying, at: Callable[[str], None]
) -> None:
    at("desk")
    waiting = courier.carry(courier.submit(ask_mode="always"))
    assert waiting.stage is Stage.CONFIRM
    at("laptop")
    assert courier.carry(courier.answer(waiting, Request.CONFIRM)).state is State.DONE


@pytest.mark.parametrize("names", [("", "laptop"), ("desk", "")])
def test_a_computer_that_does_not_say_which_it_is_keeps_no_job_from_being_sent(
    courier: Carrying, at: Callable[[str], None], names: tuple[str, str]
) -> None:
    at(names[0])
    submission = courier.submit()
    at(names[1])
    assert courier.carry(submission).state is State.DONE


def test_this_computer_says_the_same_each_time_and_not_the_number_of_the_system() -> None:
    identity = this_computer.identity()
    this_computer.identity.cache_clear()
    assert identity == this_computer.identity()
    assert len(identity) in (0, 32)
