"""Standard output and error as shells leave them to us: closed, full, with no reader, or with few characters.

Standard library only.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

_AS_ON_DISK = "farmhand-as-on-disk"


def prepare() -> None:
    """Have whatever is printed arrive as well as it can."""
    codecs.register_error(_AS_ON_DISK, _as_on_disk)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # as long as the program
        elif isinstance(stream, io.TextIOWrapper):
            # What a program reads is UTF-8; Windows would write it in a code page that knows few letters.
            encoding = "utf-8" if sys.platform == "win32" else stream.encoding
            stream.reconfigure(encoding=encoding, errors=_AS_ON_DISK)


def give_up(error: OSError, tell: Callable[[str], None]) -> None:
    """End a command that the system denied something. tell: shows a sentence."""
    with contextlib.suppress(OSError):  # its reader has ended, or its disk is full
        if not isinstance(error, BrokenPipeError):
            where = f"{error.filename}: " if error.filename else ""
            tell(f"{where}{error.strerror or error}. Submitted jobs continue; see `farmhand jobs`.")
        sys.stdout.flush()
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # Python flushes once more as it ends
    os.close(nowhere)


def _as_on_disk(error: UnicodeError) -> tuple[str | bytes, int]:
    """Names that are not UTF-8 byte for byte; letters that a terminal does not know by their numbers."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)
