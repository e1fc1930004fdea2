"""Whether this computer helps a farm, as the panel shows it: read from small files (jobs/help_files.py) by a timer."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import Context, PropertyGroup

from ..jobs import help_files
from ..jobs.help_files import HelpSettings, Leave, Status
from ..jobs.process import process_ids
from .preferences import user_home

NODE_EXTENSION = "farmhand_node"


@dataclass(frozen=True, slots=True)
class View:
    """lives: whether the program that renders for a farm is running. farm: the one that we have a key for, or ""."""

    settings: HelpSettings = field(default_factory=HelpSettings)
    status: Status = field(default_factory=Status)
    lives: bool = False
    farm: str = ""


_view = View()


def has_libraries(context: Context) -> bool:
    """Whether the extension with the libraries is enabled."""
    return any(one.module.rpartition(".")[2] == NODE_EXTENSION for one in context.preferences.addons)


def no_network() -> str:
    """Why the network cannot be used with Blender's present settings, or ""."""
    if bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return rpt_("Blender was started in offline mode, and other computers need the network")
    return rpt_("Allow Online Access in Preferences > System to work with other computers")


def data() -> Path:
    return help_files.folder(user_home())


def view() -> View:
    return _view


def refresh() -> bool:
    """Read the files again. Returns whether what is shown has changed."""
    global _view
    folder, before = data(), _view
    if not folder.is_dir():
        _view = View()
    else:
        lives = help_files.lives(folder)
        _view = View(help_files.settings(folder), help_files.status(folder), lives, help_files.farm_address(folder))
    return _view != before


def change(**wanted: object) -> None:
    """Change the settings that the program reads twice a second."""
    help_files.write_settings(data(), replace(help_files.settings(data()), **wanted))
    refresh()


def begin() -> None:
    """Record that a program that is started now belongs to this Blender."""
    change(is_paused=False, leave=Leave.NO, pid=os.getpid(), began=process_ids.started(os.getpid()))


def _slots(_self: FarmhandHelp) -> int:
    return _view.settings.slots


def _set_slots(_self: FarmhandHelp, value: int) -> None:
    change(slots=value)


_CLOSING_ITEMS = (
    ("LEAVE", "Leave the Farm", "Other computers render the unfinished frames, and no process keeps running"),
    ("KEEP", "Keep Helping", "This computer renders for the farm until you leave it here, or log off"),
)


def _closing(_self: FarmhandHelp) -> int:
    return int(_view.settings.outlives_blender)


def _set_closing(_self: FarmhandHelp, value: int) -> None:
    change(outlives_blender=bool(value))


class FarmhandHelp(PropertyGroup):
    """The fields for joining a farm, and how much of this computer it gets."""

    address: StringProperty(name="Address", description="Address of the farm, as its computer shows it")
    code: StringProperty(name="Code", description="One-time code, as the farm's computer shows it")
    slots: IntProperty(
        name="Frames at a Time",
        description="Number of frames that this computer renders for the farm at the same time",
        min=1,
        max=64,
        get=_slots,
        set=_set_slots,
    )
    closing: EnumProperty(
        name="When Blender Closes",
        description="What this computer does for the farm when you close Blender",
        items=_CLOSING_ITEMS,
        get=_closing,
        set=_set_closing,
    )


def add() -> None:
    bpy.types.WindowManager.farmhand_help = PointerProperty(type=FarmhandHelp)


def remove() -> None:
    del bpy.types.WindowManager.farmhand_help


CLASSES = (FarmhandHelp,)
