"""A disk that is small enough to fill, for tests as root on Linux."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Call with a folder and a size: the folder is a disk of that size from then on."""
    mounted: set[Path] = set()

    def resize(folder: Path, size: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        options = f"remount,size={size}" if folder in mounted else f"size={size}"
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
        )
        if made.returncode:
            pytest.skip(f"no disk can be made here: {made.stderr.decode().strip()}")
        mounted.add(folder)

    yield resize
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte; the file whose removal makes room."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as filling:
        try:
            while filling.write(bytes(4096)) == 4096:
                pass
        except OSError:
            return file
    return file
