"""Limits that a worker imposes on itself before it opens a stranger's file, including denied system calls.

The filter applies to all threads of the process and cannot be removed: no sockets, programs or processes.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from typing import Any

_ARCHITECTURES = {
    # name: (audit number, seccomp, clone, clone3, prlimit64, denied ones by number)
    "x86_64": (
        0xC000003E, 317, 56, 435, 302,
        (
            41, 53, 57, 58, 59, 322,  # socket, socketpair, fork, vfork, execve, execveat
            425, 426, 427,  # io_uring, which can open sockets without the calls above
            101, 310, 311, 438,  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
            160, 165, 166, 155, 161, 272, 308, 321, 298, 323,  # setrlimit, mounts, chroot, namespaces, bpf, perf, uffd
            246, 313, 175, 169, 167, 168, 248, 249, 250, 304, 428, 429, 430, 432, 442,  # kernel, keys, handles, mounts
        ),
    ),
    "aarch64": (
        0xC00000B7, 277, 220, 435, 261,
        (
            198, 199, 221, 281, 425, 426, 427, 117, 270, 271, 438, 164, 40, 39, 41, 51, 97, 268, 280, 241, 282,
            104, 273, 105, 142, 224, 225, 217, 218, 219, 265, 428, 429, 430, 432, 442,
        ),
    ),
}  # fmt: skip
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
_LOAD, _EQUAL, _AT_LEAST, _AND_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_CLONE_THREAD, _X32 = 0x10000, 0x40000000
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1


def apply(options: dict[str, Any]) -> list[str]:
    """Returns what was applied: "limits", "system calls". options: from the farm; without them, nothing is applied."""
    applied = []
    if options.get("limits") and sys.platform != "win32":
        _limit(options["limits"])
        applied.append("limits")
    if options.get("filter") and sys.platform == "linux" and _filter_calls():
        applied.append("system calls")
    return applied


def _limit(limits: dict[str, int]) -> None:
    import resource

    wanted = {"RLIMIT_DATA": limits["memory"], "RLIMIT_FSIZE": limits["file"], "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (most, most))


def _filter_calls() -> bool:
    found = _ARCHITECTURES.get(platform.machine())
    if found is None:
        return False
    seccomp = found[1]
    program = _program(found)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    return bool(library.syscall(seccomp, _SET_FILTER, _ALL_THREADS, header) == 0)


def _program(found: Any) -> bytes:
    """The filter: every call is allowed except for the listed ones."""
    audit, _, clone, clone3, prlimit, denied = found
    refuse = _ERROR | errno.EPERM
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, refuse),
    ]
    for number in denied:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    # Without clone3, the C library creates threads with clone, whose flags a filter can see.
    lines += [(_EQUAL, 0, 1, clone3), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    lines += [
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_AND_BITS, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # Limits may be read, not set: the pointer to new limits, checked in two halves, must be null.
    lines += [
        (_EQUAL, 0, 5, prlimit),
        (_LOAD, 0, 0, _THIRD_ARGUMENT),
        (_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, _THIRD_ARGUMENT + 4),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", code, yes, no, value) for code, yes, no, value in lines)
