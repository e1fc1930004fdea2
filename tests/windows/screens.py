"""Screens for windows, which nobody sees."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SCREEN = "1600x1000x24"


@contextmanager
def screen() -> Iterator[str]:
    """A screen of its own; the X server picks a free number and says which once it listens."""
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not here: run `make blender` as root on Debian")
    reader, writer = os.pipe()
    options = ["-screen", "0", SCREEN, "+extension", "GLX", "-nolisten", "tcp", "-displayfd", str(writer)]
    with subprocess.Popen(["Xvfb", *options], pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        try:
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()
