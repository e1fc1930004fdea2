"""The filter of system calls alone, as on a kernel whose Landlock restricts less than this one's; without a Blender."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from farmhand.farm.worker.safety import call_filter, system_calls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")

_PROGRAM = """
import ctypes, errno, fcntl, json, mmap, os, signal, sys, threading
from pathlib import Path
from farmhand.farm.worker.safety import call_filter

path, parent = sys.argv[1], os.getppid()
assert call_filter.is_set(allows_shared_memory=sys.argv[2] == "memfd")
attempts = {
    "chmod": lambda: os.chmod(path, 0o600),
    "chmod by descriptor": lambda: os.fchmod(os.open(path, os.O_RDONLY), 0o600),
    "chown": lambda: os.chown(path, -1, -1),
    "utime": lambda: os.utime(path),
    "xattr": lambda: os.setxattr(path, "user.x", b""),
    "truncate": lambda: os.truncate(path, 0),
    "empty by reading": lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
    "mode 3": lambda: os.open(path, 3),
    "mode 3 and truncate": lambda: os.open(path, 3 | os.O_TRUNC),
    "kill": lambda: os.kill(parent, 0),
    "signal by a pipe": lambda: fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, parent),
    "socket": lambda: __import__("socket").socket(),
    "fork": os.fork,
    "memfd": lambda: os.memfd_create("x"),
    "shared memory": lambda: mmap.mmap(-1, 4096),
    "mknod": lambda: os.mknod(path + ".fifo"),
    "affinity": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(0)),
    "affinity in a thread": lambda: os.sched_setaffinity(threading.get_native_id(), os.sched_getaffinity(0)),
}
found = {}
for name, act in attempts.items():
    try:
        act()
        found[name] = ""
    except OSError as error:
        found[name] = errno.errorcode[error.errno]
libc = ctypes.CDLL(None, use_errno=True)
for number in (437, 470, 2000):
    libc.syscall(number, 0, 0, 0, 0)
    found[str(number)] = errno.errorcode[ctypes.get_errno()]
# What a Blender does
thread = threading.Thread(target=lambda: Path(path).read_text())
thread.start()
thread.join()
Path(path + ".new").write_text("new")
os.ftruncate(os.open(path + ".new", os.O_RDWR), 1)
os.rename(path + ".new", path + ".moved")
open(path + ".moved", "w").close()
mmap.mmap(os.open(path, os.O_RDWR), 4)  # as Mesa's cache does
mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
os.kill(os.getpid(), 0)
print(json.dumps(found), flush=True)
os.abort()
"""


@pytest.mark.parametrize("memfd", ["memfd", ""])
def test_what_the_filter_refuses_and_what_it_leaves(tmp_path: Path, memfd: str) -> None:
    path = tmp_path / "file"
    path.write_text("text")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path), memfd], capture_output=True, text=True, check=False
    )
    assert done.returncode == -6, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("memfd") == ""  # Mesa needs it
    assert found.pop("shared memory") == ("" if memfd else "EPERM")
    assert {found.pop(number) for number in ("437", "470", "2000")} == {"ENOSYS"}
    assert {name: how for name, how in found.items() if how != "EPERM"} == {}
    assert path.read_text() == "text"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_one_that_the_kernel_can_hold(machine: str) -> None:
    """At most 4,096 lines of 8 bytes (BPF_MAXINSNS)."""
    program = call_filter.filter_program(machine, False, os.getpid())
    assert len(program) % 8 == 0
    assert 100 < len(program) // 8 < 4096
    numbers = system_calls.denied(machine == "aarch64", is_alone=False)
    assert len(set(numbers)) == len(numbers)
    assert not set(numbers) & set(system_calls.checked(machine == "aarch64").values())
    assert max(numbers) < system_calls.FIRST_UNKNOWN
    alone = call_filter.filter_program(machine, False, 1)
    assert len(program) - len(alone) == 8 * 2 * len(system_calls.FOR_THREADS)


def test_another_architecture_has_no_filter() -> None:
    assert call_filter.filter_program("riscv64", False, 1) == b""
