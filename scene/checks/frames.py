"""The frames to render: none, or surprisingly many."""

from __future__ import annotations

from collections.abc import Iterator

from ...client.message import msg
from .context import CheckContext
from .findings import ERROR, WARNING, Finding

MANY = 5_000


def find(context: CheckContext) -> Iterator[Finding]:
    """No frames, or so many that it may be a mistake."""
    first, last, _step = context.settings.frames
    if not context.frames:
        yield Finding(
            ERROR,
            "no_frames",
            msg(
                "The frame range ends before it starts ({first} to {last}). Correct Start and End in the Output "
                "properties.",
                first=first,
                last=last,
            ),
            context.scene.name,
        )
    elif len(context.frames) > MANY:
        yield Finding(
            WARNING,
            "many_frames",
            msg("{count:,} frames will be rendered. Is that intended?", count=len(context.frames)),
            context.scene.name,
        )
