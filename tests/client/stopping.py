"""How tests find out whether a transfer stops when it is asked to, and what it leaves behind."""

import threading
import time

import pytest

from farmhand.client.errors import Stopped


def stops_within_a_second(transfer):
    """Whether the transfer, once it hangs, raises Stopped within a second of being asked to."""
    asked_at = time.monotonic() + 0.3
    with pytest.raises(Stopped):
        transfer(lambda: time.monotonic() >= asked_at)
    return time.monotonic() - asked_at < 1.0


def waiting_threads():
    """The threads that wait for a call or a connection; one that was left behind is among them until it ends."""
    return {thread for thread in threading.enumerate() if thread.name == "farmhand-wait"}
