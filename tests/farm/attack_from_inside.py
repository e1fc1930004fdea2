"""Run inside a confined Blender by test_confinement.py: tries to get out, and prints as JSON how far it came.

A line before this text names OUTSIDE, a folder of the farm's user with `secret.txt` and `project.blend` in it, and
STRANGER, a process that is none of its own.
"""

import json
import os
import socket
import subprocess
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
secrets = sorted(name for name in os.environ if "KEY" in name or "SECRET" in name or name.startswith("FARMHAND"))
Path("temporary").write_text("works")
print(json.dumps({"reached": reached, "secrets": secrets, "temporary": Path("temporary").read_text()}))
