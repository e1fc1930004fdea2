"""Paths that get too long below the farm of *This Computer*: Windows allows 259 characters in all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ....client.message import msg
from ....jobs.folder import path_limits
from ....jobs.journal.submission import LOCAL
from ....jobs.user_folder import UserFolder
from ..context import CheckContext
from ..findings import ERROR, Finding, some


def find(context: CheckContext) -> Iterator[Finding]:
    """Findings for paths that Blender could not open, so that the job would fail after its upload."""
    if context.request.server_url != LOCAL or not context.jobs:
        return
    folder = path_limits.longest_folder(UserFolder(Path(context.jobs).parent).farms)
    places = {line.path: line.source for line in context.files if line.path}
    too_long = [places[place] for place in path_limits.too_long(folder, places)]
    if too_long:
        yield Finding(
            ERROR,
            "path_too_long",
            msg(
                "{files}: the path would be too long for this system while it renders. Use shorter folder names, or "
                "move the project's folders closer together.",
                files=some(too_long),
            ),
            too_long[0],
        )
