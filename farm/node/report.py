"""What a node reports about itself while it works, for display."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...jobs.help_files import HelpState


@dataclass
class NodeReport:
    """problem: a Message, encoded, or "". frames: being rendered. done: frames that it rendered.
    blender: version.
    """

    state: HelpState = HelpState.TESTING
    problem: str = ""
    frames: list[int] = field(default_factory=list)
    done: int = 0
    blender: str = ""
