"""Stamps and metadata show the name of the artist's file; Blender would write its path on the farm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from . import metadata


@contextmanager
def without_path(scene: Any) -> Iterator[metadata.Change]:
    """A context for rendering, in which burned-in stamps show the file's name. Yields the change to the files' texts.

    Blender has one switch for the path in stamps and in metadata. If it burns in stamps, the name replaces the path as
    the first line of the note, which appears right below it.
    """
    render = scene.render
    path = bpy.data.filepath
    name = Path(path).name
    note = render.use_stamp_note, render.stamp_note_text
    if not (render.use_stamp and render.use_stamp_filename):
        yield lambda key, value: [(key, name if (key, value) == ("File", path) else value)]
        return
    burnt = f"File {name}" if render.use_stamp_labels else name
    if note[0] and note[1]:
        burnt += "\n" + note[1]
    render.use_stamp_filename = False
    render.use_stamp_note, render.stamp_note_text = True, burnt
    kept = [("Note", note[1])] if note[0] and note[1] else []
    try:
        yield lambda key, value: [("File", name), *kept] if key == "Note" else [(key, value)]
    finally:
        render.use_stamp_filename = True
        render.use_stamp_note, render.stamp_note_text = note
