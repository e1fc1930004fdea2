"""Linux: the filter of system calls that a worker sets for all of its threads and cannot remove (seccomp(2)).

No sockets, no programs, no other processes, no change to files except by writing to those that could be opened for
writing. A call that is refused returns an error.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from . import system_calls

_AUDIT_NUMBERS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_REFUSE = _ERROR | errno.EPERM
_NOT_IMPLEMENTED = _ERROR | errno.ENOSYS
_CLONE_THREAD, _X32 = 0x10000, 0x40000000
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1

# fcntl(2): F_SETOWN, F_SETSIG, F_SETOWN_EX send signals to other processes; F_SETLEASE, F_SETDELEG delay those that
# open the same file; F_NOTIFY watches folders.
_DENIED_FCNTL = (8, 10, 15, 1024, 1040, 1026)
# Second byte of the command: attributes of files and whole file systems (FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR,
# FS_IOC_SETVERSION, Btrfs), for which a descriptor that may only read is enough.
_DENIED_IOCTL_TYPES = (0x6600, 0x5800, 0x7600, 0x9400)
_DENIED_IOCTL = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
_ACCESS_MODE, _TRUNCATE = 0o3, 0o1000
_SHARED_AND_ANONYMOUS = 0x21  # of mmap(2); MAP_SHARED_VALIDATE has the bit of MAP_SHARED

_Line = tuple[int, int, int, int]


def is_set(allows_shared_memory: bool) -> bool:
    """Set the filter; False where the kernel or the processor cannot.

    allows_shared_memory: drivers of graphics cards may need anonymous shared mappings. No limit counts them, and they
    can be held without being resident, after madvise(2) with MADV_DONTNEED. Memory of memfd_create is like that too,
    but Debian's Mesa does not render without it.
    """
    program = filter_program(platform.machine(), allows_shared_memory, os.getpid())
    library = ctypes.CDLL(None, use_errno=True)
    if not program or library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    seccomp = system_calls.checked(platform.machine() == "aarch64")["seccomp"]
    return bool(library.syscall(seccomp, _SET_FILTER, _ALL_THREADS, header) == 0)


def filter_program(machine: str, allows_shared_memory: bool, pid: int) -> bytes:
    """The filter; empty for another architecture. What it does not name is allowed.

    Args:
        machine: the architecture, as platform.machine() names it.
        allows_shared_memory: as in `is_set`.
        pid: of the process that sets the filter; it may send signals to itself. 1: alone in its namespace.
    """
    if machine not in _AUDIT_NUMBERS:
        return b""
    is_arm = machine == "aarch64"
    lines = _head(_AUDIT_NUMBERS[machine])
    for number in system_calls.denied(is_arm, is_alone=pid == 1):
        lines += _call(number, [_return(_REFUSE)])
    for name, number in system_calls.checked(is_arm).items():
        if name != "mmap" or not allows_shared_memory:
            lines += _call(number, _check(name, pid))
    lines.append(_return(_ALLOW))
    return b"".join(struct.pack("HBBI", code, yes, no, value) for code, yes, no, value in lines)


def _head(audit: int) -> list[_Line]:
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, audit),
        _return(_KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _return(_REFUSE),
        # As on an older kernel, which programs expect.
        (_AT_LEAST, 0, 1, system_calls.FIRST_UNKNOWN),
        _return(_NOT_IMPLEMENTED),
    ]


def _check(name: str, pid: int) -> list[_Line]:
    """What follows a call's number; every path ends with a return."""
    if name in ("clone3", "openat2"):
        # Their arguments are in memory, which a filter cannot see. The C library then uses clone and openat.
        return [_return(_NOT_IMPLEMENTED)]
    if name == "clone":
        return [_load(0), (_HAS_BITS, 1, 0, _CLONE_THREAD), _return(_REFUSE), _return(_ALLOW)]
    if name in ("kill", "tgkill"):  # to itself, as abort() does
        return [_load(0), (_EQUAL, 1, 0, pid), _return(_REFUSE), _return(_ALLOW)]
    if name == "prlimit64":  # Limits may be read, not set: the pointer to new limits must be null.
        return [_load(2), *_refuse_unless_zero(), _load(2, 4), *_refuse_unless_zero(), _return(_ALLOW)]
    if name == "fcntl":
        return [_load(1), *_refuse_any(_DENIED_FCNTL), _return(_ALLOW)]
    if name == "ioctl":
        types = [(_AND, 0, 0, 0xFF00), *_refuse_any(_DENIED_IOCTL_TYPES)]
        return [_load(1), *_refuse_any(_DENIED_IOCTL), *types, _return(_ALLOW)]
    if name == "mmap":
        flags = [_load(3), (_AND, 0, 0, _SHARED_AND_ANONYMOUS)]
        return [*flags, *_refuse_any((_SHARED_AND_ANONYMOUS,)), _return(_ALLOW)]
    if name in ("open", "openat"):
        return _check_open(1 if name == "open" else 2)
    return [_return(_ALLOW)]


def _check_open(argument: int) -> list[_Line]:
    """Refuses flags that Landlock does not count as writing.

    An access mode of 3 needs no right of Landlock and gives a descriptor for ioctl; reading with O_TRUNC empties a file
    before Linux 6.2 (open(2), landlock(7)).
    """
    mode = [_load(argument), (_AND, 0, 0, _ACCESS_MODE), *_refuse_any((_ACCESS_MODE,))]
    truncates = [_load(argument), (_AND, 0, 0, _ACCESS_MODE | _TRUNCATE), *_refuse_any((_TRUNCATE,))]
    return [*mode, *truncates, _return(_ALLOW)]


def _call(number: int, lines: list[_Line]) -> list[_Line]:
    return [(_EQUAL, 0, len(lines), number), *lines]


def _load(argument: int, offset: int = 0) -> _Line:
    """The lower half of an argument, or with offset 4 its upper half. Both architectures are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + offset)


def _refuse_any(values: Iterable[int]) -> list[_Line]:
    return [line for value in values for line in ((_EQUAL, 0, 1, value), _return(_REFUSE))]


def _refuse_unless_zero() -> list[_Line]:
    return [(_EQUAL, 1, 0, 0), _return(_REFUSE)]


def _return(value: int) -> _Line:
    return (_RETURN, 0, 0, value)
