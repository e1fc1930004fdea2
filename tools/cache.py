"""Where test Blenders live, outside the checkout so that every clone shares them."""

import os
import subprocess
from pathlib import Path

# Version of bpy on PyPI → the one Python that it is for.
BPY_PYTHONS = {
    "4.2.23": "3.11",
    "4.5.15": "3.11",
    "5.0.1": "3.11",
    "5.1.2": "3.13",
    "5.2.3": "3.13",
    "5.3.0": "3.13",
}
CHROOT_BLENDERS = {"4.3.2": "trixie", "5.2.2": "sid"}
ROOT = Path(__file__).resolve().parent.parent


def cache_folder() -> Path:
    """The folder of all test Blenders; FARMHAND_CACHE moves it."""
    return Path(os.environ.get("FARMHAND_CACHE") or Path.home() / ".cache" / "farmhand").expanduser().resolve()


def bpy_python(version: str) -> Path:
    """The Python interpreter that has `bpy` of this version, whether prepared or not."""
    return cache_folder() / f"bpy-{version}" / "bin" / "python"


def chroot_blender(version: str) -> Path:
    """The wrapper around the distribution's Blender of this version, whether prepared or not."""
    return cache_folder() / f"blender-{version}"


def run(command: list[str | Path], **options: object) -> None:
    """Run a program and raise CalledProcessError when it fails."""
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]
