"""Where test Blenders live, outside the checkout so that every clone shares them."""

import os
import subprocess
from pathlib import Path

BPY_VERSIONS = ("5.0.1", "4.2.23", "4.5.15")
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


def bl_pkg_cli(python: Path) -> Path:
    """Blender's own extension builder and validator inside a bpy package: a program that needs no Blender."""
    pattern = "lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
    return next(python.parent.parent.glob(pattern))


def bl_pkg_tags(python: Path) -> Path:
    """The list of tags that this Blender's extension platform knows."""
    return next(python.parent.parent.glob("lib/python*/site-packages/bpy/*/scripts/**/extensions/tags.py"))


def run(command: list[str | Path], **options: object) -> None:
    """Run a program and raise CalledProcessError when it fails."""
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]
