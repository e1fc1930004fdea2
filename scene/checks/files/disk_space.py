"""Sizes: what the service accepts, and what fits on the local disks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bpy

from ....client.message import msg
from ...request import formats
from ..context import CheckContext
from ..findings import ERROR, WARNING, Finding

LIMIT = 5 * 1024**3


def find(context: CheckContext) -> Iterator[Finding]:
    """Over the limit is an error; a disk that may become full a warning."""
    total = sum(line.bytes for line in context.files)
    if total >= LIMIT:
        largest = ", ".join(
            f"{os.path.basename(line.source)} ({line.bytes / 1024**2:.0f} MiB)"
            for line in sorted(context.files, key=lambda line: -line.bytes)[:3]
        )
        yield Finding(
            ERROR,
            "too_large",
            msg(
                "The package would be {size:.2f} GiB, but the server accepts less than 5 GiB. Largest files: "
                "{largest}. Use smaller textures, bake caches only for the rendered frames, or split the scene.",
                size=total / 1024**3,
                largest=largest,
            ),
        )
    yield from _for_copies(context)
    yield from _for_frames(context)


def _for_copies(context: CheckContext) -> Iterator[Finding]:
    """Only the .blend files are copied: once as they are and once rewritten."""
    needed = 2 * sum(line.bytes for line in context.files if line.kind in ("scene", "library"))
    folder = context.jobs or bpy.app.tempdir or tempfile.gettempdir()
    if _free(folder) < needed:
        yield Finding(
            WARNING,
            "little_space_for_package",
            msg(
                "Copies of the .blend files need about {needed:.0f} MiB, but less is free in {folder}.",
                needed=needed / 1024**2,
                folder=folder,
            ),
            folder,
        )


def _for_frames(context: CheckContext) -> Iterator[Finding]:
    width, height = context.config.get("resolution") or context.settings.resolution
    scale = (context.config.get("resolutionPercentage") or context.settings.resolution_percentage) / 100
    kind = context.config.get("outputFormat", context.settings.output_format)
    needed = width * height * scale * scale * formats.bytes_per_pixel(kind) * len(context.frames)
    folder = context.output.folder if context.output else ""
    if folder and _free(folder) < needed:
        yield Finding(
            WARNING,
            "little_space_for_frames",
            msg(
                "The frames will need about {needed:.1f} GiB, but less is free in the output folder ({folder}).",
                needed=needed / 1024**3,
                folder=folder,
            ),
            folder,
        )


def _free(folder: str) -> float:
    """Free bytes on the disk of the folder, or of the nearest one above that exists."""
    place = Path(folder).absolute()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return float("inf")
