# SPDX-License-Identifier: GPL-3.0-or-later
"""Files whose paths nodes compute: they cannot be followed, and so not sent."""

from __future__ import annotations

from collections.abc import Iterator

from ....client.message import msg
from ...scan.nodes import COMPUTED
from ..context import CheckContext
from ..findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each node or modifier."""
    for one in context.found:
        if one.kind == COMPUTED:
            yield Finding(
                WARNING,
                "path_computed",
                msg(
                    "{owner} reads a file whose path is computed by nodes or passed to a group in another .blend "
                    "file. The file cannot be determined and will not be sent. Enter the path directly in the "
                    "node that reads it.",
                    owner=one.owner,
                ),
                one.owner,
            )
