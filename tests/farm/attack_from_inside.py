"""Run inside a confined Blender by test_confinement.py: tries to get out, and prints as JSON how far it came.

A line before this text names OUTSIDE, a folder of the farm's user with `secret.txt` and `project.blend` in it, and
STRANGER, another process. An attempt that succeeds leaves the computer as it was: it sets a value to what it is, or
removes what it made.
"""

import array
import ctypes
import fcntl
import json
import mmap
import os
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

outside = Path(OUTSIDE)  # type: ignore[name-defined]  # noqa: F821
reached: dict[str, str] = {}


def attempt(name: str, act: Callable[[], object]) -> None:
    try:
        reached[name] = repr(act())[:200]
    except Exception:
        return


def in_a_thread(act: Callable[[], object]) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


FILES = [
    "/etc/passwd", "/etc/hostname", "/etc/shadow", "/root/.bashrc", "/var/log/dpkg.log", str(outside / "secret.txt"),
    str(outside / "project.blend"), "/proc/1/root/etc/passwd", "/proc/self/root/etc/passwd", "../../../farm.sqlite3",
    "../../../secret", "../../../access.json", "/dev/sda", "/dev/mem", "/dev/kmsg",
]  # fmt: skip
for path in FILES:
    attempt(f"read {path}", lambda path=path: Path(path).read_bytes())
    attempt(f"read {path} in a thread", lambda path=path: in_a_thread(Path(path).read_bytes))
attempt("list outside", lambda: os.listdir(outside))  # noqa: PTH208
attempt("link out", lambda: (os.symlink("/etc/passwd", "here"), Path("here").read_bytes()))  # noqa: PTH211
attempt("hard link out", lambda: os.link("/etc/passwd", "there"))
for path in ("../p/written", "/etc/written", "/usr/written", str(outside / "written"), str(Path.home().parent / "x")):
    attempt(f"write {path}", lambda path=path: Path(path).write_text("written"))
for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        attempt(f"{family} {kind}", lambda family=family, kind=kind: socket.socket(getattr(socket, family), kind))
attempt("socket in a thread", lambda: in_a_thread(socket.socket))
attempt("socket pair", socket.socketpair)
attempt("program", lambda: subprocess.run(["/usr/bin/env"], capture_output=True, check=True).stdout)
attempt("fork", os.fork)
attempt("exec", lambda: os.execv("/usr/bin/env", ["env"]))
attempt("signal", lambda: os.kill(STRANGER, 0))  # type: ignore[name-defined]  # noqa: F821
attempt("more memory", lambda: bytearray(64 * 1024**4))

# Process 1 of its namespace, which bubblewrap may have started, and its own memory and order of being ended
for path in ("/proc/1/mem", "/proc/self/mem", "/proc/thread-self/mem", "/proc/self/oom_score_adj", "/proc/self/comm"):
    attempt(f"change {path}", lambda path=path: os.open(path, os.O_RDWR))

# Other processes: signals, priority, processors
libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """A system call by its number, where the C library has no function for it or Python has not."""
    number = NUMBERS[name][platform.machine() == "aarch64"]
    answer = int(libc.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer


NUMBERS = {
    "openat2": (437, 437), "ioprio_set": (251, 30), "ioprio_get": (252, 31), "pidfd_open": (434, 434),
    "shmget": (29, 194), "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191), "msgget": (68, 186),
    "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_secret": (447, 447),
    "rt_sigqueueinfo": (129, 138), "tgkill": (234, 131), "inotify_add_watch": (254, 27), "inotify_init1": (294, 26),
    "sethostname": (170, 161), "settimeofday": (164, 170), "clock_adjtime": (305, 266), "syslog": (103, 116),
    "fchmodat2": (452, 452),
}  # fmt: skip
stranger: int = STRANGER  # type: ignore[name-defined]  # noqa: F821
F_SETSIG, F_SETOWN_EX = 10, 15
for every in (-1, 0):
    attempt(f"signal to {every}", lambda every=every: os.kill(every, 0))
attempt("signal to a thread", lambda: call("tgkill", stranger, stranger, 0))
attempt(
    "queued signal", lambda: call("rt_sigqueueinfo", stranger, 0, array.array("i", [0, 0, -1, *([0] * 29)]).tobytes())
)
attempt("signal by a pipe", lambda: fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, stranger))
attempt("signal to a process group", lambda: fcntl.fcntl(os.pipe()[0], F_SETOWN_EX, array.array("i", [1, stranger])))
attempt("another signal by a pipe", lambda: fcntl.fcntl(os.pipe()[0], F_SETSIG, 9))
attempt("handle of a process", lambda: call("pidfd_open", stranger, 0))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, stranger, os.getpriority(os.PRIO_PROCESS, stranger)))
attempt("scheduler", lambda: os.sched_setscheduler(stranger, os.sched_getscheduler(stranger), os.sched_param(0)))
attempt("processors", lambda: os.sched_setaffinity(stranger, os.sched_getaffinity(stranger)))
attempt("order of reading", lambda: call("ioprio_set", 1, stranger, call("ioprio_get", 1, stranger)))


# Files that it may not open, or may only read: their attributes, and their contents by flags that are not "writing"
def dates(path: str | int) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116
    return found.st_atime_ns, found.st_mtime_ns


ACCESS_MODE_3, FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 3, 0x80086601, 0x40086602
for path in (str(outside / "secret.txt"), sys.executable, os.path.realpath(os.__file__), __file__):
    attempt(f"chmod {path}", lambda path=path: os.chmod(path, os.stat(path).st_mode & 0o7777))  # noqa: PTH101, PTH116
    attempt(f"chown {path}", lambda path=path: os.chown(path, -1, -1))
    attempt(f"date {path}", lambda path=path: os.utime(path, ns=dates(path)))
    attempt(f"attribute {path}", lambda path=path: (os.setxattr(path, "user.x", b""), os.removexattr(path, "user.x")))
    attempt(f"mode 3 {path}", lambda path=path: os.open(path, ACCESS_MODE_3))
    attempt(f"openat2 {path}", lambda path=path: call("openat2", -100, path.encode(), bytes(24), 24))
    attempt(f"watch {path}", lambda path=path: call("inotify_add_watch", call("inotify_init1", 0), path.encode(), 2))
for path in (str(outside / "secret.txt"), __file__):
    attempt(f"empty {path}", lambda path=path: os.truncate(path, 0))
    attempt(f"empty by reading {path}", lambda path=path: os.open(path, os.O_RDONLY | os.O_TRUNC))
readable = os.open(os.__file__, os.O_RDONLY)
attempt("chmod of what it reads", lambda: os.fchmod(readable, os.fstat(readable).st_mode & 0o7777))
attempt("chown of what it reads", lambda: os.fchown(readable, -1, -1))
attempt("date of what it reads", lambda: os.utime(readable, ns=dates(readable)))
attempt("lease of what it reads", lambda: fcntl.fcntl(readable, fcntl.F_SETLEASE, fcntl.F_RDLCK))
attempt(
    "flags of what it reads",
    lambda: fcntl.ioctl(readable, FS_IOC_SETFLAGS, fcntl.ioctl(readable, FS_IOC_GETFLAGS, bytes(8))),
)
attempt("watched folder", lambda: fcntl.fcntl(os.open("/usr", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_CREATE))
attempt("new calls", lambda: call("fchmodat2", -100, b"temporary", 0o600, 0))
attempt("device", lambda: (os.mknod("zero", 0o20600, os.makedev(1, 5)), os.unlink("zero")))  # noqa: PTH108
attempt("pipe with a name", lambda: (os.mkfifo("fifo"), os.unlink("fifo")))  # noqa: PTH108

# Memory that no limit counts, and what outlives the process
attempt("shared anonymous memory", lambda: mmap.mmap(-1, 4096))
attempt("shared zeros", lambda: mmap.mmap(os.open("/dev/zero", os.O_RDWR), 4096))
attempt("secret memory", lambda: call("memfd_secret", 0))
attempt("shared memory", lambda: call("shmctl", call("shmget", 0, ctypes.c_size_t(4096), 0o1600), 0, None))
attempt("semaphores", lambda: call("semctl", call("semget", 0, 1, 0o1600), 0, 0))
attempt("messages", lambda: call("msgctl", call("msgget", 0, 0o1600), 0, None))
attempt("queue", lambda: (call("mq_open", b"farmhand-test", 0o102, 0o600, None), call("mq_unlink", b"farmhand-test")))

# The computer
attempt("name of the computer", lambda: call("sethostname", os.uname().nodename.encode(), len(os.uname().nodename)))
attempt("time", lambda: call("settimeofday", None, None))
attempt("clock", lambda: call("clock_adjtime", 0, bytes(256)))
attempt("log of the kernel", lambda: call("syslog", 10, None, 0))
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb")) and int(line.split()[1], 16):
        reached["capabilities"] = line

os.kill(os.getpid(), 0)  # must stay allowed: abort() sends a signal to its own process
secrets = sorted(name for name in os.environ if "KEY" in name or "SECRET" in name or name.startswith("FARMHAND"))
Path("temporary").write_text("works")
temporary = Path("temporary").read_text()
attempt("user", lambda: os.setresuid(12345, 12345, 12345))
print(json.dumps({"reached": reached, "secrets": secrets, "temporary": temporary}))
