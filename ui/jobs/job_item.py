"""One line of the job list, and its check box while several jobs are chosen."""

from __future__ import annotations

from bpy.props import BoolProperty
from bpy.types import PropertyGroup

from .. import state as ui_state


def _is_chosen(self: FarmhandJobItem) -> bool:
    session = ui_state.current()
    return session is not None and self.name in session.listed.chosen


def _choose(self: FarmhandJobItem, value: bool) -> None:
    chosen = ui_state.require().listed.chosen
    (chosen.add if value else chosen.discard)(self.name)


class FarmhandJobItem(PropertyGroup):
    """Only the render's id, as its name"""

    # Stored by ID, because lines get other names when the list is filtered or grows.
    is_chosen: BoolProperty(
        name="Choose Job", description="Cancel Selected acts on this job", get=_is_chosen, set=_choose
    )
