"""Captures what Blender itself prints; only for background Blenders. Does not use bpy."""

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
    """Captures standard output and standard error in this context, and prints the text to standard error afterwards."""
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
    """Blender prints through C, which buffers lines without a terminal."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with contextlib.suppress(OSError, AttributeError):
        (ctypes.CDLL("ucrtbase") if os.name == "nt" else ctypes.CDLL(None)).fflush(None)
