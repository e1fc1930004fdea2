"""Let Other Computers Help, for the panel: this farm's addresses, and the code for the next computer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from bpy.types import Context

from ..courier.servers import local_farm
from ..jobs import settings
from ..scene import this_blender
from . import helping
from .preferences import addon_preferences, user_home

CODE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class View:
    """is_on: whether the farm here should listen for others. addresses: where it listens now. code: for the next one.

    is_asked: whether a code is being created. problem: why there is none, or "".
    """

    is_on: bool = False
    addresses: tuple[str, ...] = ()
    code: str = ""
    until: float = 0.0
    is_asked: bool = False
    problem: str = ""


_view = View()


def view() -> View:
    return _view


def update(**changes: object) -> None:
    global _view
    _view = replace(_view, **changes)


def forget() -> None:
    """Start again: Farmhand was disabled, and pending requests will not be answered."""
    global _view
    _view = View()


def is_wanted(context: Context) -> bool:
    """Whether others may help: the user wants it, and the network and libraries are available."""
    is_possible = helping.has_libraries(context) and not helping.no_network()
    return bool(addon_preferences(context).lets_others_help) and is_possible


def switch(is_on: bool) -> bool:
    """Record the setting for the courier and everything that starts the farm. Returns whether it changed."""
    home = user_home()
    current = settings.read(home)
    update(is_on=is_on, code="", problem="")
    if current.has_helpers == is_on:
        return False
    settings.write(home, replace(current, has_helpers=is_on))
    return True


def refresh() -> bool:
    """Update where the farm listens. Returns whether what is shown has changed."""
    before = _view
    found = local_farm.heard_at(user_home(), this_blender.blender_command()) if _view.is_on else ()
    update(addresses=found)
    if _view.code and time.time() > _view.until:
        update(code="")
    return _view != before
