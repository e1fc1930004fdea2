"""A courier that is started finds somebody else at work: a courier, a frozen one, a script, a stranger."""

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Client, Connection
from pathlib import Path

import psutil
import pytest
from carrying import Carrying, expected
from fault_proxy import FaultProxy
from waiting import PATIENCE, wait_until

from farmhand.client.errors import LocalProblem
from farmhand.courier.daemon import foreground, handover
from farmhand.courier.process import key_channel, launcher
from farmhand.courier.process.key_channel import KeyChannel, send_keys
from farmhand.courier.process.keys_in_memory import ServerKeys, fingerprint
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import CourierInfo, Request, State, Submission
from farmhand.jobs.process import process_ids
from farmhand.jobs.process.file_lock import Lock, is_held
from farmhand.jobs.process.lock_holder import HolderRole, holder, sign
from farmhand.jobs.user_folder import UserFolder
from farmhand.jobs.version import version

WAITS = handover.Waits(look=0.1, handover=1.0, limit=4.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_channel, "SEND_KEYS_SECONDS", 0.5)


@pytest.fixture
def home(tmp_path: Path) -> UserFolder:
    return UserFolder(tmp_path / "home")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has the pid of a courier that was killed."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def held(home: UserFolder) -> Iterator[Lock]:
    lock = Lock(home.lock)
    assert lock.acquire()
    yield lock
    lock.release()


@pytest.mark.usefixtures("impatient")
def test_a_stranger_with_the_pid_of_a_killed_courier_is_left_alone(
    home: UserFolder, held: Lock, stranger: subprocess.Popen[bytes]
) -> None:
    with Journal(home.journal) as journal:
        journal.courier_is(CourierInfo(stranger.pid, version(), 1.0, 1.0, {}))
    with pytest.raises(LocalProblem, match="did not release it"):
        handover.acquire_or_hand_over(home, ServerKeys({"http://x": "key"}), WAITS)
    assert stranger.poll() is None


@pytest.mark.usefixtures("impatient")
def test_a_script_that_holds_the_lock_is_left_alone_even_if_it_hears_nobody(
    home: UserFolder, held: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = list[int]()
    monkeypatch.setattr(process_ids, "end", lambda pid, began: ended.append(pid))
    sign(held, HolderRole.FOREGROUND, "nowhere")
    with pytest.raises(LocalProblem, match="did not release it"):
        handover.acquire_or_hand_over(home, ServerKeys({}), WAITS)
    assert not ended


@pytest.mark.usefixtures("impatient", "held")
def test_nobody_waits_for_ever_for_a_holder_that_says_nothing(home: UserFolder) -> None:
    started = time.monotonic()
    with pytest.raises(LocalProblem, match="did not release it"):
        handover.acquire_or_hand_over(home, ServerKeys({}), WAITS)
    assert time.monotonic() - started < 600


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("is_taken", [True, False], ids=["took the keys", "did not hear"])
def test_a_courier_that_followed_the_one_that_was_called_has_no_keys_and_is_not_asked_to_leave(
    home: UserFolder, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    pids = itertools.count(1)

    def next_courier() -> None:
        with Journal(home.journal) as journal:
            journal.courier_is(CourierInfo(next(pids), version(), 1.0, 1.0, {}))

    def call(_address: str, _keys: object) -> bool:
        next_courier()
        return is_taken

    monkeypatch.setattr(handover, "send_keys", call)
    next_courier()
    with pytest.raises(LocalProblem, match="did not release it"):
        handover.acquire_or_hand_over(home, ServerKeys({"http://x": "key"}), WAITS)
    with Journal(home.journal) as journal:
        presence = journal.courier()
    assert presence is not None and not presence.handover


@pytest.mark.usefixtures("impatient")
def test_a_frozen_courier_is_ended_in_time(courier: Carrying) -> None:
    launcher.ensure_courier(courier.home, {})
    wait_until(lambda: courier.courier_pid() != 0, "the courier is there")
    pid = courier.courier_pid()
    began = process_ids.started(pid)
    psutil.Process(pid).suspend()
    started = time.monotonic()
    lock = handover.acquire_or_hand_over(courier.home, ServerKeys({courier.url: courier.key}), WAITS)
    assert lock is not None and time.monotonic() - started < 600
    assert process_ids.started(pid) != began
    lock.release()


@pytest.mark.posix("the channel is a named pipe there")
def test_keys_for_somebody_who_is_frozen_cost_five_seconds_at_most(tmp_path: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="fh")) / "s"  # short: a socket lies in it
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(place))
        silent.listen()
        started = time.monotonic()
        assert not send_keys(f"{place}|00", {"http://x": "key"})
        assert time.monotonic() - started < 60
    place.unlink()
    place.parent.rmdir()


def test_the_socket_of_a_killed_courier_is_replaced_and_nothing_is_left_elsewhere(courier: Carrying) -> None:
    def temporary() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("pymp-*"))

    before = temporary()
    for _ in range(2):
        courier.start_courier()
        wait_until(lambda: courier.courier_pid() != 0 and is_held(courier.home.lock), "the courier is there")
        courier.kill_courier()
    assert temporary() <= before
    with Journal(courier.home.journal) as journal:
        presence = journal.courier()
    assert presence is not None and presence.channel
    assert len([one for one in courier.home.folder.iterdir() if one.is_socket()]) <= 1


@pytest.mark.posix("the channel is a named pipe there, which has no folder")
def test_a_user_folder_with_a_very_long_name_has_a_channel_too(tmp_path: Path) -> None:
    home = UserFolder(tmp_path / ("x" * 120))
    home.folder.mkdir()
    known = ServerKeys({})
    channel = KeyChannel(known, home)
    assert send_keys(channel.address, {"http://x": "key"})
    assert known.get("http://x") == "key"
    place = Path(channel.address.split("|")[0])
    assert place.parent.stat().st_mode & 0o077 == 0
    channel.close()
    assert not place.exists()


def test_helper_logs_do_not_grow_without_end(tmp_path: Path) -> None:
    log = tmp_path / "courier.err"
    log.write_bytes(b"x" * 300_000)
    for _ in range(2):
        launcher.start_detached([sys.executable, "-c", ""], log)
    assert log.stat().st_size == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["courier.err", "courier.err.1"]


# A studio's script at work


class Script:
    """`foreground.carry` in a thread."""

    def __init__(self, courier: Carrying, submission: Submission) -> None:
        self.last: Submission | None = None
        self._thread = threading.Thread(target=self._carry, args=(courier, submission))
        self._thread.start()

    def _carry(self, courier: Carrying, submission: Submission) -> None:
        self.last = foreground.carry(courier.home, submission, {courier.url: courier.key})

    def join(self) -> Submission:
        self._thread.join(PATIENCE)
        assert self.last is not None
        return self.last


def _its_frames_hang(proxy: FaultProxy) -> None:
    proxy.add("status", r"^GET /storage/", times=-1, value=503)


def test_a_cancel_reaches_a_script_that_carries(courier: Carrying, proxy: FaultProxy) -> None:
    _its_frames_hang(proxy)
    submission = courier.submit()
    script = Script(courier, submission)
    wait_until(lambda: courier.now(submission).job_status != "", "the script carries")
    with Journal(courier.home.journal) as journal:
        journal.ask(submission.id, Request.CANCEL)
    assert script.join().state is State.CANCELED
    assert holder(courier.home.lock) is None


def test_a_pause_reaches_a_script_that_carries(courier: Carrying, proxy: FaultProxy) -> None:
    _its_frames_hang(proxy)
    submission = courier.submit()
    script = Script(courier, submission)
    wait_until(lambda: courier.now(submission).job_status != "", "the script carries")
    with Journal(courier.home.journal) as journal:
        journal.ask(submission.id, Request.PAUSE)
        assert script.join().state is State.PAUSED
        assert not journal.requests()


def test_who_wants_a_courier_while_a_script_carries_gets_one_after_it(courier: Carrying, proxy: FaultProxy) -> None:
    _its_frames_hang(proxy)
    script = Script(courier, first := courier.submit())
    wait_until(lambda: courier.now(first).job_status != "", "the script carries")
    there = holder(courier.home.lock)
    assert there is not None and there.role is HolderRole.FOREGROUND and there.pid == os.getpid()
    second = courier.submit()
    assert handover.acquire_or_hand_over(courier.home, ServerKeys({courier.url: courier.key}), WAITS) is None
    assert courier.now(second).state is State.QUEUED
    proxy.clear()
    assert script.join().state is State.DONE
    assert courier.wait_until_standing(second).state is State.DONE
    assert courier.files() == expected()


def test_a_courier_that_was_killed_before_a_script_began_does_not_pass_for_a_living_one(
    courier: Carrying, proxy: FaultProxy
) -> None:
    known = {courier.url: fingerprint(1.0, courier.key)}
    with Journal(courier.home.journal) as journal:
        journal.courier_is(CourierInfo(1 << 30, version(), 1.0, 1.0, known, "nowhere|00"))
    _its_frames_hang(proxy)
    script = Script(courier, first := courier.submit())
    wait_until(lambda: courier.now(first).job_status != "", "the script carries")
    second = courier.submit()
    courier.start_courier()
    proxy.clear()
    assert script.join().state is State.DONE
    assert courier.wait_until_standing(second).state is State.DONE


@pytest.mark.posix("the channel is a named pipe there, which has no folder")
def test_keys_that_come_late_to_a_closed_channel_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller connects, and is so slow that the channel is closed before it says what it brings."""
    monkeypatch.setattr(key_channel, "SEND_KEYS_SECONDS", 0.2)
    receive, listens = Connection.recv_bytes, threading.Event()

    def receive_keys(connection: Connection, most: int | None = None) -> bytes:
        if threading.current_thread().name == "keys" and most == 1 << 20:
            listens.set()
        return receive(connection, most)

    monkeypatch.setattr(Connection, "recv_bytes", receive_keys)
    folder = Path(tempfile.mkdtemp(prefix="fh"))  # short: a socket lies in it
    channel = KeyChannel(ServerKeys({}), UserFolder(folder))
    place, _, secret = channel.address.rpartition("|")
    with Client(place, authkey=bytes.fromhex(secret)) as late:
        assert listens.wait(PATIENCE)
        channel.close()
        late.send_bytes(b"{}")
        with pytest.raises((EOFError, OSError)):
            late.recv_bytes(16)
    assert not channel.was_used
    folder.rmdir()
