# SPDX-License-Identifier: GPL-3.0-or-later
"""The .blend itself: unsaved, or with an output path that needs it to be saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import bpy

from ..request import output
from .context import CheckContext
from .findings import ERROR, INFO, WARNING, Finding, Fix


def find(context: CheckContext) -> Iterator[Finding]:
    """What the file's state means for the render."""
    if output.needs_saved_file(context.scene, context.request):
        yield Finding(
            ERROR,
            "output_needs_saved_file",
            "The frames are to be written next to the file (“//”), but the file was never saved. "
            "Save it, or choose an output folder.",
            context.request.output or context.scene.render.filepath,
            (Fix("wm.save_mainfile"),),
        )
    yield from _newer()
    if bpy.data.is_dirty and bpy.data.filepath and not bpy.app.background:
        yield Finding(
            INFO,
            "unsaved_changes",
            "The file has changes that are not saved. They will be rendered; the file itself stays as it is.",
            bpy.path.basename(bpy.data.filepath),
        )


def _newer() -> Iterator[Finding]:
    """Data of a newer Blender can be lost, in the open file and in linked ones."""
    if tuple(bpy.data.version)[:2] > bpy.app.version[:2]:
        yield _newer_finding(bpy.path.basename(bpy.data.filepath), tuple(bpy.data.version))
    for library in bpy.data.libraries:
        if tuple(library.version)[:2] > bpy.app.version[:2]:
            yield _newer_finding(library.filepath, tuple(library.version))


def _newer_finding(name: str, version: Sequence[int]) -> Finding:
    theirs = ".".join(str(part) for part in version[:2])
    return Finding(
        WARNING,
        "newer_blender",
        f"{name} was saved by Blender {theirs}, which is newer than this one ({bpy.app.version_string}): parts of it "
        "may be lost. Render it with that Blender.",
        name,
    )
