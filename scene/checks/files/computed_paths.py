"""Files whose paths are computed by nodes or written in scripts' code: they cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator

from ....client.message import msg
from ...scan import osl
from ...scan.nodes import COMPUTED
from ..context import CheckContext
from ..findings import WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each node, modifier or script."""
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
        elif one.kind == osl.LITERAL:
            yield Finding(
                WARNING,
                "path_in_script",
                msg(
                    "{owner} names {path} in its code. The file will not be sent. Make its path a parameter of the "
                    "shader and enter it in the node.",
                    owner=one.owner,
                    path=one.path,
                ),
                one.owner,
            )
