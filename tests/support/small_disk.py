"""A disk that is small enough to fill, for tests as root on Linux."""

import contextlib
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


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Call with a folder and a size: the folder may hold that much from then on, on a disk with more room."""
    mounted: list[Path] = []

    def limit(folder: Path, size: str) -> None:
        folder.mkdir(parents=True)
        image = tmp_path / "disk.btrfs"
        with image.open("wb") as file:
            file.truncate(300 * 1024**2)
        for command in (
            ["mkfs.btrfs", "--quiet", image],
            ["mount", "-o", "loop", image, folder],
            ["btrfs", "quota", "enable", folder],
            ["btrfs", "qgroup", "limit", size, folder],
        ):
            try:
                subprocess.run(command, capture_output=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no disk with quotas can be made here: {error}")
            if command[0] == "mount":
                mounted.append(folder)

    yield limit
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, room: int = 0) -> Path:
    """Leave so many bytes; the file whose removal makes room."""
    kept, file = folder / "room", folder / "filling"
    kept.write_bytes(bytes(room))
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filling:
        while filling.write(bytes(4096)) == 4096:
            pass
    kept.unlink()
    subprocess.run(["sync", "--file-system", folder], check=True)  # a quota counts what is written down
    return file
