"""Standard output and error as shells provide them: closed, full, without a reader, or with a small character set.

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
    """Set up the streams so that any text can be printed."""
    codecs.register_error(_AS_ON_DISK, _as_on_disk)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # as long as the program
        elif isinstance(stream, io.TextIOWrapper):
            # Programs read UTF-8; Windows would use a code page with few characters.
            encoding = "utf-8" if sys.platform == "win32" else stream.encoding
            stream.reconfigure(encoding=encoding, errors=_AS_ON_DISK)


def give_up(error: OSError, tell: Callable[[str], None]) -> None:
    """End a command after an OSError. tell: shows a sentence."""
    with contextlib.suppress(OSError):  # its reader has ended, or its disk is full
        if not isinstance(error, BrokenPipeError):
            where = f"{error.filename}: " if error.filename else ""
            tell(f"{where}{error.strerror or error}. Submitted jobs continue; see `farmhand jobs`.")
        sys.stdout.flush()
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # Python flushes again at exit
    os.close(nowhere)


def _as_on_disk(error: UnicodeError) -> tuple[str | bytes, int]:
    """Writes names that are not UTF-8 byte for byte, and characters that a terminal lacks as their numbers."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)
