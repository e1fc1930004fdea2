"""The way from the Render menu to the panel."""

from typing import Any

import pytest


def test_the_menu_leads_to_the_panel_in_the_properties_editor(fresh_file: None, live: Any) -> None:
    import bpy

    spaces = [area.spaces.active for area in bpy.context.window.screen.areas if area.type == "PROPERTIES"]
    (space,) = spaces
    space.context = "OUTPUT"
    assert bpy.ops.farmhand.show_panel() == {"FINISHED"}
    assert space.context == "RENDER"
    space.use_pin_id = True  # shows one block of data whatever is chosen
    with pytest.raises(RuntimeError, match="Open a Properties editor first"):
        bpy.ops.farmhand.show_panel()
