"""How tests find out whether a transfer stops when it is asked to, and what it leaves behind."""

import threading
import time
from contextlib import contextmanager

import pytest

from farmhand.client.cancellation import CancelToken
from farmhand.client.errors import Stopped


def stops_when_asked(transfer):
    """Whether the transfer, once it hangs, raises Stopped long before any time limit of its own."""
    asked_at = time.monotonic() + 0.3
    with canceling(0.3) as cancel, pytest.raises(Stopped):
        transfer(cancel)
    return time.monotonic() - asked_at < 5


@contextmanager
def canceling(seconds):
    """A token that another thread cancels after so long."""
    cancel = CancelToken()
    timer = threading.Timer(seconds, cancel.cancel)
    timer.start()
    yield cancel
    timer.cancel()
    timer.join()


def canceled():
    """A token that is canceled already."""
    cancel = CancelToken()
    cancel.cancel()
    return cancel


def waiting_threads():
    """The threads that wait for a call or a connection; one that was left behind is among them until it ends."""
    return {thread for thread in threading.enumerate() if thread.name == "farmhand-wait"}
