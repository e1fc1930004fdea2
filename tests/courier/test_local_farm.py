"""The farm of This Computer is found, started, and started again, and nobody else gets its token."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from waiting import wait_until

from farmhand.courier.process import launcher, leaving
from farmhand.courier.servers import local_farm
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import CourierInfo
from farmhand.jobs.process import lock_holder, process_ids
from farmhand.jobs.process.file_lock import Lock, is_held
from farmhand.jobs.user_folder import UserFolder

BLENDER = (sys.executable,)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[UserFolder]:
    home = UserFolder(tmp_path)
    yield home
    local_farm.ask_to_leave(local_farm.folder(home, BLENDER))
    wait_until(lambda: not lives(home), "the farm has ended")


def lives(home: UserFolder) -> bool:
    return is_held(local_farm.folder(home, BLENDER) / "farm.lock")


def kill(home: UserFolder) -> None:
    """As a power cut would."""
    there = lock_holder.holder(local_farm.folder(home, BLENDER) / "farm.lock")
    assert there is not None
    process_ids.end(there.pid, there.began)
    wait_until(lambda: not lives(home), "the farm is gone")


def test_a_farm_that_answers_is_used_again(home: UserFolder) -> None:
    assert local_farm.ensure(home, BLENDER) == local_farm.ensure(home, BLENDER)


def test_a_stranger_at_the_port_of_a_killed_farm_does_not_get_its_token(home: UserFolder) -> None:
    killed = local_farm.ensure(home, BLENDER)
    kill(home)
    port = int(killed.url.split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", port)) as stranger:
        stranger.settimeout(0.0)
        successor = local_farm.ensure(home, BLENDER)
        with pytest.raises(BlockingIOError):
            stranger.accept()
    assert successor.pid != killed.pid
    assert successor.token == killed.token


def test_a_stranger_gets_no_token_while_a_new_farm_has_not_removed_the_old_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger, Lock(tmp_path / "farm.lock") as taken:
        stranger.settimeout(0.0)
        address = f"http://127.0.0.1:{stranger.getsockname()[1]}"
        old = {"url": address, "token": "FH-secret", "pid": os.getpid() + 1, "version": "1"}
        (tmp_path / "access.json").write_text(json.dumps(old))
        assert taken.acquire()
        lock_holder.sign(taken, lock_holder.HolderRole.FARM)
        assert not local_farm.ask_to_leave(tmp_path)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_farm_that_is_asked_to_leave_removes_its_address_and_lets_go(home: UserFolder) -> None:
    local_farm.ensure(home, BLENDER)
    data = local_farm.folder(home, BLENDER)
    assert local_farm.ask_to_leave(data)
    wait_until(lambda: not lives(home), "the farm has ended")
    assert not (data / "access.json").exists()
    assert not local_farm.ask_to_leave(data)


def test_only_who_runs_the_farm_can_end_it(home: UserFolder) -> None:
    access = local_farm.ensure(home, BLENDER)
    url = access.url.replace(local_farm.API, "/leave")
    assert httpx.post(url, headers={"Authorization": "Bearer wrong"}, trust_env=False).status_code == 401
    assert httpx.post(url, trust_env=False).status_code == 401
    assert local_farm.ensure(home, BLENDER) == access


def test_a_farm_of_another_version_makes_room(home: UserFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = local_farm.ensure(home, BLENDER)
    data = local_farm.folder(home, BLENDER)
    said = json.loads((data / "access.json").read_text())
    (data / "access.json").write_text(json.dumps({**said, "version": "0.0.1"}))
    after = local_farm.ensure(home, BLENDER)
    assert (after.pid != before.pid, after.token == before.token) == (True, True)


def test_a_stale_address_that_others_read_again_and_again_does_not_keep_a_farm_from_starting(home: UserFolder) -> None:
    local_farm.ensure(home, BLENDER)
    kill(home)
    assert (local_farm.folder(home, BLENDER) / "access.json").exists()
    assert local_farm.ensure(home, BLENDER).pid  # reads it each 20 ms meanwhile
    assert "Traceback" not in (home.logs / "farm.err").read_text()


def test_courier_and_farm_leave_when_the_extension_is_replaced(home: UserFolder) -> None:
    local_farm.ensure(home, BLENDER)
    launcher.ensure_courier(home, {"http://127.0.0.1:9": "key"})
    wait_until(lambda: courier_of(home) is not None, "the courier is there")
    leaving.ask_all(home)
    wait_until(lambda: not lives(home) and not is_held(home.lock), "all have left")


def courier_of(home: UserFolder) -> CourierInfo | None:
    with Journal(home.journal) as journal:
        return journal.courier()
