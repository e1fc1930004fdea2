"""The Pythons of this machine. A name on the path proves nothing: it may be a shim without a Python behind it."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_SHOW = "import sys; print('%d.%d' % sys.version_info[:2])"


@functools.cache
def find_python(version: str) -> Path | None:
    """An interpreter of this version, for example 3.13, or None: the one that runs, on the path, of pyenv or of uv."""
    if version == HERE:
        return Path(sys.executable)
    return next((python for python in _candidates(version) if _version(python) == version), None)


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"))
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/{name}"))


def _version(python: Path) -> str:
    try:
        shown = subprocess.run([python, "-c", _SHOW], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return shown.stdout.strip()
