"""The .blend itself: unsaved, or with an output path that needs it to be saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import bpy

from ...client.message import msg
from ..request import output
from .context import CheckContext
from .findings import ERROR, INFO, WARNING, Finding, Fix


def find(context: CheckContext) -> Iterator[Finding]:
    """Findings about the file's state."""
    if output.needs_saved_file(context.scene, context.request):
        yield Finding(
            ERROR,
            "output_needs_saved_file",
            "The output path is relative to the .blend file (“//”), but the file has not been saved. Save it, or "
            "choose an output folder.",
            context.request.output or context.scene.render.filepath,
            (Fix("wm.save_mainfile"),),
        )
    yield from _newer()
    if bpy.data.is_dirty and bpy.data.filepath and not bpy.app.background:
        yield Finding(
            INFO,
            "unsaved_changes",
            "The file has unsaved changes. They will be rendered, but the file itself is not modified.",
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
        msg(
            "{name} was saved with Blender {version}, which is newer than this one ({current}), so data may be "
            "lost. Render it with that version.",
            name=name,
            version=theirs,
            current=bpy.app.version_string,
        ),
        name,
    )
