"""Linux: the kernel's Landlock, by which a process gives up files and network for good.

Used by the farm's Blenders where there is no bubblewrap, and by the courier's image reader. Standard library only.
Run as a script by Farmhand's own Python, it gives up capabilities too and becomes a program: landlock.py JSON COMMAND…
JSON: {"readable": […], "writable": […], "devices": […]}.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import stat
import struct
import sys
from collections.abc import Mapping, Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_RIGHTS_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_RIGHTS = (1 << 16) - 1
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP, _SCOPES = 0b11, 0b11
_CAPABILITY_BOUND_DROP, _AMBIENT, _AMBIENT_CLEAR, _CAPABILITY_VERSION = 24, 47, 4, 0x20080522
_MOST_CAPABILITIES = 64
_ALWAYS_READABLE = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/dev/zero",
                    "/dev/random", "/dev/urandom")  # fmt: skip
_ALWAYS_WRITABLE = ("/dev/null",)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of the kernel's Landlock; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    found = ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    return max(0, int(found))


def restrict(seen: Mapping[str, Sequence[str]]) -> None:
    """Give up all files but these, for this thread and everything it starts. Raises OSError."""
    abi = version()
    rights = _RIGHTS_OF_ABI.get(abi, _ALL_RIGHTS)
    rules = _Ruleset(rights, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    readable = (_EXECUTE | _READ_FILE | _READ_DIR) & rights
    for path in (*seen["readable"], *_ALWAYS_READABLE):
        _allow(ruleset, path, readable)
    for path in (*seen["writable"], *seen["devices"], *_ALWAYS_WRITABLE):
        _allow(ruleset, path, rights & ~_EXECUTE)
    _gain_nothing()
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def drop_capabilities() -> None:
    """Give up what root may do beyond its own files, such as device nodes and the host name. Raises OSError.

    Not all of it is a matter of files, so Landlock does not restrict it. The programs that this process becomes get
    none of it back (capabilities(7), prctl(2)).
    """
    _gain_nothing()
    library = ctypes.CDLL(None, use_errno=True)
    for number in range(_MOST_CAPABILITIES):
        library.prctl(_CAPABILITY_BOUND_DROP, number, 0, 0, 0)  # refused to ordinary users, who have none
    library.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    header, nothing = struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24)
    if library.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def _gain_nothing() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_PathRule(rights, place)), 0)
    finally:
        os.close(place)


def _call(*arguments: object) -> int:
    answer = int(ctypes.CDLL(None, use_errno=True).syscall(*arguments))
    if answer < 0:
        number = ctypes.get_errno() or errno.EINVAL
        raise OSError(number, os.strerror(number))
    return answer


if __name__ == "__main__":
    restrict(json.loads(sys.argv[1]))
    drop_capabilities()  # after the places were opened, which may need them
    os.execvp(sys.argv[2], sys.argv[2:])
