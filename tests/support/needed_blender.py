"""A Blender that a test needs: the test is skipped where it was not prepared."""

from pathlib import Path

import pytest

from cache import CHROOT_BLENDERS, bpy_python, chroot_blender


def needed_blender(version: str) -> Path:
    """The distribution's Blender of this version, or the Python that has `bpy` of it."""
    command = chroot_blender(version) if version in CHROOT_BLENDERS else bpy_python(version)
    if not command.exists():
        pytest.skip(f"Blender {version} is not here: run `make blender`")
    return command
