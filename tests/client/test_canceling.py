"""A token that is canceled interrupts what waits with it, and nothing else."""

import threading
import time

import pytest

from farmhand.client.cancellation import CancelToken, cancellable, current_token, run_with_deadline
from farmhand.client.errors import Stopped


def test_canceling_interrupts_what_waits_and_what_comes_later():
    token, heard = CancelToken(), list[str]()
    token.add(lambda: heard.append("waited"))
    token.cancel()
    token.add(lambda: heard.append("came later"))
    assert heard == ["waited", "came later"]
    with pytest.raises(Stopped):
        token.raise_if_canceled()


def test_what_was_removed_is_not_interrupted_any_more():
    token, heard = CancelToken(), threading.Event()
    token.add(heard.set)
    token.remove(heard.set)
    token.cancel()
    assert not heard.is_set()


def test_a_token_can_be_used_again():
    token = CancelToken()
    token.cancel()
    token.reset()
    token.raise_if_canceled()
    assert not token.wait(0)


def test_the_token_of_a_thread_ends_with_its_block():
    token, before = CancelToken(), current_token()
    with cancellable(token):
        assert current_token() is token
    assert current_token() is before


def test_work_that_ends_in_time_gives_its_result_or_its_error():
    assert run_with_deadline(lambda: 7, 5, CancelToken(), lambda: None) == 7
    with pytest.raises(ZeroDivisionError):
        run_with_deadline(lambda: 1 // 0, 5, CancelToken(), lambda: None)


def test_work_that_takes_too_long_is_left_behind_and_aborted_again_when_it_ends():
    aborted, may_end = list[int](), threading.Event()
    with pytest.raises(TimeoutError):
        run_with_deadline(lambda: may_end.wait(60), 0.1, CancelToken(), lambda: aborted.append(1))
    assert aborted == [1]
    may_end.set()
    end = time.monotonic() + 60
    while len(aborted) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert aborted == [1, 1]


def test_a_canceled_wait_ends_at_once_but_not_before_its_patience_is_over():
    token, may_end = CancelToken(), threading.Event()
    token.cancel()
    started = time.monotonic()
    assert run_with_deadline(lambda: time.sleep(0.2) or 7, 60, token, lambda: None, patience=20.0) == 7
    with pytest.raises(Stopped):
        run_with_deadline(lambda: may_end.wait(60), 60, token, lambda: None, patience=0.1)
    assert time.monotonic() - started < 20
    may_end.set()
