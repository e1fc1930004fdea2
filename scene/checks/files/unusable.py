"""Files that exist and cannot be used: they are not readable, or empty."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ....client.message import msg
from ..context import CheckContext
from ..findings import ERROR, WARNING, Finding, some

# These have many files, and Blender itself writes some of them empty.
_OF_BLENDER = frozenset({"scene", "library", "point cache", "fluid cache", "geometry nodes bake", "ocean cache"})


def find(context: CheckContext) -> Iterator[Finding]:
    """A file that cannot be read stops packing, so it is an error."""
    there = [line for line in context.files if not line.missing and line.source]
    closed = [line for line in there if os.path.exists(line.source) and not os.access(line.source, os.R_OK)]
    if closed:
        yield Finding(
            ERROR,
            "file_unreadable",
            msg(
                "No permission to read {files}. Change the permissions, or use another file.",
                files=some([line.source for line in closed]),
            ),
            closed[0].owner,
        )
    empty = [line for line in there if not line.bytes and line.kind not in _OF_BLENDER and line not in closed]
    if empty:
        yield Finding(
            WARNING,
            "file_empty",
            msg(
                "{files} is empty. The render will look different. Save it again, or replace it.",
                files=some([line.source for line in empty]),
            ),
            empty[0].owner,
        )
