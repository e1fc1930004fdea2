# SPDX-License-Identifier: GPL-3.0-or-later
"""Files whose paths nodes compute: they cannot be followed, and so not sent."""

from __future__ import annotations

from collections.abc import Iterator

from ..scan.nodes import COMPUTED
from .context import CheckContext
from .findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each node or modifier."""
    for one in context.found:
        if one.kind == COMPUTED:
            yield Finding(
                WARNING,
                "path_computed",
                f"{one.owner} reads a file whose path is put together by nodes, or is handed to a group of another "
                ".blend: it cannot be found out here which file, and it would not be sent. Write the path in the node "
                "that reads it.",
                one.owner,
            )
