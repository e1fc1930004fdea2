"""The farm of This Computer is found, started, and started again, and nobody else gets its token."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_farm import wait_until

import left_running
from farmhand.courier.servers.servers import local_farm
from farmhand.jobs.file_lock import is_held
from farmhand.jobs.user_folder import UserFolder

BLENDER = (sys.executable,)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[UserFolder]:
    home = UserFolder(tmp_path)
    yield home
    for pid in left_running.farm_pids(tmp_path):
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not lives(home), 20, "the farm has ended")


def lives(home: UserFolder) -> bool:
    return is_held(local_farm.folder(home, BLENDER) / "farm.lock")


def test_a_farm_that_answers_is_used_again(home: UserFolder) -> None:
    assert local_farm.ensure(home, BLENDER) == local_farm.ensure(home, BLENDER)


def test_a_stranger_at_the_port_of_a_killed_farm_does_not_get_its_token(home: UserFolder) -> None:
    killed = local_farm.ensure(home, BLENDER)
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: not lives(home), 10, "the farm is gone")
    port = int(killed.url.split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", port)) as stranger:
        stranger.settimeout(0.0)
        successor = local_farm.ensure(home, BLENDER)
        with pytest.raises(BlockingIOError):
            stranger.accept()
    assert successor.pid != killed.pid
    assert successor.token == killed.token
