"""Who holds the lock is known for certain, or not at all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE

from farmhand.jobs.process import process_ids
from farmhand.jobs.process.file_lock import Lock, is_held
from farmhand.jobs.process.lock_holder import HolderRole, holder, sign


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "courier.lock"


def test_whoever_holds_the_lock_can_be_read_from_it(place: Path) -> None:
    lock = Lock(place)
    assert lock.acquire()
    sign(lock, HolderRole.FOREGROUND, "a channel")
    found = holder(place)
    assert found is not None
    assert (found.pid, found.role, found.channel) == (os.getpid(), HolderRole.FOREGROUND, "a channel")
    assert is_held(place) and holder(place) == found
    lock.release()
    assert holder(place) is None


def test_a_process_that_has_ended_holds_nothing(place: Path) -> None:
    script = "import sys; from pathlib import Path; from farmhand.jobs.process.file_lock import *\n"
    script += "from farmhand.jobs.process.lock_holder import *\n"
    script += "lock = Lock(Path(sys.argv[1])); lock.acquire(); sign(lock, HolderRole.COURIER); import os; os._exit(0)"
    subprocess.run([sys.executable, "-c", script, str(place)], check=True, timeout=30)
    assert json.loads(place.read_text())["role"] == "courier"
    assert holder(place) is None


def test_a_later_process_with_the_same_pid_is_told_apart(place: Path) -> None:
    lock = Lock(place)
    assert lock.acquire()
    sign(lock, HolderRole.COURIER)
    said = json.loads(place.read_text())
    place.write_text(json.dumps({**said, "began": "an earlier time"}))
    assert holder(place) is None
    lock.release()


def test_only_the_process_that_is_meant_is_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        began = process_ids.started(process.pid)
        assert began and began == process_ids.started(process.pid)
        process_ids.end(process.pid, "an earlier time")
        process_ids.end(process.pid, "")
        assert process.poll() is None
        process_ids.end(process.pid, began)
        assert process.wait(PATIENCE) != 0
        assert process_ids.started(process.pid) == ""


@pytest.mark.posix("a look there is as short, and a second one may come into it")
def test_who_looks_is_not_taken_for_a_holder_by_another_who_looks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.touch()
    close, seen = os.close, list[bool]()

    def look_too(descriptor: int) -> None:
        monkeypatch.setattr(os, "close", close)
        seen.append(is_held(place))
        close(descriptor)

    monkeypatch.setattr(os, "close", look_too)
    assert not is_held(place)
    assert seen == [False]
