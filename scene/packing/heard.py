"""Listens to what Blender itself prints; for background Blenders alone. Knows no bpy."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Heard:
    """text: all that was printed, once the block is over."""

    text: str = ""


@contextlib.contextmanager
def printed() -> Iterator[Heard]:
    """What comes to standard output and standard error meanwhile, which gets it afterwards."""
    heard = Heard()
    with tempfile.TemporaryFile() as file:
        _flush()
        kept = [(stream, os.dup(stream)) for stream in (1, 2)]
        for stream, _ in kept:
            os.dup2(file.fileno(), stream)
        try:
            yield heard
        finally:
            _flush()
            for stream, before in kept:
                os.dup2(before, stream)
                os.close(before)
            file.seek(0)
            said = file.read()
            heard.text = said.decode("utf-8", "replace")
            with contextlib.suppress(OSError):
                os.write(2, said)


def _flush() -> None:
    """Blender prints through C, which keeps lines back where no terminal is."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with contextlib.suppress(OSError, AttributeError):
        (ctypes.CDLL("ucrtbase") if os.name == "nt" else ctypes.CDLL(None)).fflush(None)
