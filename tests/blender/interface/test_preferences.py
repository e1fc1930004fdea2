"""The preferences: whose key a field is for, and in which unit a limit counts."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import stand_ins


def test_each_server_stands_under_its_name(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    preferences = part("preferences")
    live.connections[preferences.RENDERJUICE_URL] = part("live").Connection(False, "The key was refused.")
    stand = stand_ins.Stand(preferences.FarmhandPreferences, stand_ins.Layout())
    stand.draw(bpy.context)
    assert stand.layout.texts == ["Renderjuice", "The key was refused.", "Own Server"]


def test_the_limit_says_its_unit(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    properties = type(part("preferences").of(bpy.context)).bl_rna.properties
    assert properties["download_limit"].name == "Download Limit (MB/s)"
