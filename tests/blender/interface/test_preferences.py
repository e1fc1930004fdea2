"""The preferences: whose key a field is for, and in which unit a limit counts."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import stand_ins


def test_each_server_stands_under_its_name(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    preferences = part("ui.preferences")
    live.connections[part("ui.servers").RENDERJUICE_URL] = part("ui.session").Connection(False, "The key was refused.")
    stand = stand_ins.Stand(preferences.FarmhandPreferences, stand_ins.Layout())
    stand.draw(bpy.context)
    assert stand.layout.texts == ["Renderjuice", "The key was refused.", "Custom Server"]


def test_the_limit_says_its_unit(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    properties = type(part("ui.preferences").addon_preferences(bpy.context)).bl_rna.properties
    assert properties["download_limit"].name == "Download Limit (MB/s)"


def test_a_server_of_the_environment_may_be_called_by_its_name(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_SERVER", "renderjuice")
    assert part("ui.servers").server(bpy.context, "LOCAL").url == part("ui.servers").RENDERJUICE_URL


def test_a_key_of_the_environment_does_not_take_the_place_of_the_own_servers(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    preferences = part("ui.preferences")
    monkeypatch.setenv("FARMHAND_API_KEY", "RJ-of-the-environment")
    fields = preferences.addon_preferences(bpy.context)
    before = fields.custom_key
    try:
        fields.custom_key = "the own server's"
        assert part("ui.servers").server(bpy.context, "CUSTOM").key == "the own server's"
        assert part("ui.servers").server(bpy.context, "RENDERJUICE").key == "RJ-of-the-environment"
    finally:
        fields.custom_key = before


@pytest.mark.parametrize("typed", ["https://[", "ftp://studio", "http://studio:port"])
def test_what_is_no_address_is_said_where_it_was_typed_and_before_anything_is_sent(
    live: Any, part: Callable[[str], ModuleType], typed: str
) -> None:
    import bpy

    preferences = part("ui.preferences")
    fields = preferences.addon_preferences(bpy.context)
    stand = stand_ins.Stand(preferences.FarmhandPreferences, stand_ins.Layout())
    stand.custom_url = fields.custom_url = typed
    try:
        stand.draw(bpy.context)
        assert f"“{typed}” is not a valid server address." in " ".join(stand.layout.texts)
        server = part("ui.servers").server(bpy.context, "CUSTOM")
        assert part("ui.servers").no_address(server) == f"“{typed}” is not a valid server address."
        with pytest.raises(RuntimeError, match="is not a valid server address"):
            bpy.ops.farmhand.test_connection(server="CUSTOM")
    finally:
        fields.custom_url = ""


def test_an_address_of_the_environment_that_is_none_stops_the_press(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_SERVER", "https://[")
    assert part("ui.servers").why_not(bpy.context) == "“https://[” is not a valid server address."
    server = part("ui.servers").server(bpy.context, "LOCAL")
    assert (server.name, server.url, server.costs_money) == ("https://[", "", True)
