"""Failures of the system, as reasons for a job that they stop or delay."""

from __future__ import annotations

import errno
import sqlite3

from ..objects.objects import CannotReach
from .backend import WorkFailed
from .packages.unpack import BadPackage

FAILURES = (BadPackage, WorkFailed, OSError, sqlite3.OperationalError)
"""What as_work_failed takes."""

DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOBUFS})


def as_work_failed(error: BadPackage | WorkFailed | OSError | sqlite3.OperationalError) -> WorkFailed:
    """The failure as a WorkFailed."""
    if isinstance(error, WorkFailed):
        return error
    if isinstance(error, BadPackage):
        return WorkFailed(error.name, "bad_package", is_final=True)
    if isinstance(error, sqlite3.OperationalError):
        return WorkFailed(f"The farm cannot write its state now ({error}).", "state", is_shortage=True)
    if isinstance(error, CannotReach):
        return WorkFailed(
            f"The farm cannot reach its storage now: {error.strerror}.", "storage_unreachable", is_shortage=True
        )
    if error.errno in DISK_IS_FULL:
        return WorkFailed("The farm's disk is full.", "disk_full", is_shortage=True)
    if error.errno in _SHORTAGES:
        return WorkFailed(
            f"The farm's computer is short of resources ({error.strerror}).", "shortage", is_shortage=True
        )
    return WorkFailed(f"The farm could not use its disk ({error.strerror}).", "disk")
