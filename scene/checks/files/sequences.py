"""Sequences that are sent whole, because which of their files are read could not be determined."""

from __future__ import annotations

from collections.abc import Iterator

from ....client.message import msg
from ..context import CheckContext
from ..findings import INFO, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """A finding if that is more than one file for each frame."""
    for one in context.found:
        if one.why_whole and one.whole > len(context.frames):
            yield Finding(
                INFO,
                "sequence_whole",
                msg(
                    "All {count:,} files of {owner} will be sent because {why}.",
                    count=one.whole,
                    owner=one.owner,
                    why=one.why_whole,
                ),
                one.owner,
            )
