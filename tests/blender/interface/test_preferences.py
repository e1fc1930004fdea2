"""The preferences: whose key a field is for, and in which unit a limit counts."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import stand_ins


def test_each_server_stands_under_its_name(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    preferences = part("ui.preferences")
    refused = part("ui.session").ConnectionStatus(False, "The key was refused.")
    live.connections[part("jobs.server_address").RENDERJUICE] = refused
    stand = stand_ins.Stand(preferences.FarmhandPreferences, stand_ins.Layout())
    stand.draw(bpy.context)
    names = [text for text in stand.layout.texts if text in ("This Computer", "Renderjuice", "Custom Server")]
    assert names == ["This Computer", "Renderjuice", "Custom Server"]
    assert stand.layout.texts[stand.layout.texts.index("Renderjuice") + 1] == "The key was refused."


def test_the_preferences_tell_of_this_computer_and_open_its_folder(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    preferences = part("ui.preferences")
    fields = preferences.addon_preferences(bpy.context)
    was_limited, fields.is_limited = fields.is_limited, False
    stand = stand_ins.Stand(preferences.FarmhandPreferences, stand_ins.Layout())
    stand.draw(bpy.context)
    fields.is_limited = was_limited
    assert str(live.home.folder) in stand.layout.texts and "Unlimited" in stand.layout.texts
    opened: list[Any] = []
    monkeypatch.setattr(part("operators.common"), "open_folder", opened.append)
    assert bpy.ops.farmhand.open_data_folder() == {"FINISHED"}
    assert opened == [live.home.folder]


def test_a_new_key_is_handed_to_the_jobs_that_wait_for_one(
    live: Any, add: Callable[..., Any], part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    handed: list[dict[str, str]] = []
    launcher = part("courier.process.launcher")
    monkeypatch.setattr(launcher, "ensure_courier", lambda home, keys: handed.append(dict(keys)))
    fields = part("ui.preferences").addon_preferences(bpy.context)
    fields.custom_url = "http://127.0.0.1:7420"
    try:
        fields.custom_key = "wrong"
        assert handed == []
        problem = part("jobs.journal.submission").Problem("unauthorized", "The key was refused.")
        add("shot", state="stopped", server_url="http://127.0.0.1:7420/api/external/v1", problem=problem)
        fields.custom_key = "right"
        assert handed == [{"http://127.0.0.1:7420/api/external/v1": "right"}]
    finally:
        fields.custom_url = fields.custom_key = ""


def test_a_limit_is_switched_on_and_off(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    fields, settings = part("ui.preferences").addon_preferences(bpy.context), part("jobs.settings")
    home = part("operators.common").user_home()
    fields.is_limited = True
    assert (fields.download_limit, settings.read(home).bytes_per_second) == (10.0, 10_000_000)
    fields.is_limited = False
    assert (fields.download_limit, settings.read(home).bytes_per_second) == (0.0, 0)


def test_the_limit_says_its_unit(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    properties = type(part("ui.preferences").addon_preferences(bpy.context)).bl_rna.properties
    assert properties["download_limit"].name == "Download Limit (MB/s)"


def test_a_server_of_the_environment_may_be_called_by_its_name(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_SERVER", "renderjuice")
    assert part("ui.servers.servers").server(bpy.context, "LOCAL").url == part("jobs.server_address").RENDERJUICE


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
        assert part("ui.servers.servers").server(bpy.context, "CUSTOM").key == "the own server's"
        assert part("ui.servers.servers").server(bpy.context, "RENDERJUICE").key == "RJ-of-the-environment"
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
        server = part("ui.servers.servers").server(bpy.context, "CUSTOM")
        assert part("ui.servers.servers").no_address(server) == f"“{typed}” is not a valid server address."
        with pytest.raises(RuntimeError, match="is not a valid server address"):
            bpy.ops.farmhand.test_connection(server="CUSTOM")
    finally:
        fields.custom_url = ""


def test_an_address_of_the_environment_that_is_none_stops_the_press(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_SERVER", "https://[")
    assert part("ui.servers.servers").why_not(bpy.context) == "“https://[” is not a valid server address."
    server = part("ui.servers.servers").server(bpy.context, "LOCAL")
    assert (server.name, server.url, server.costs_money) == ("https://[", "", True)


def test_the_certificates_are_found_whichever_file_is_open(
    live: Any, project: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    fields, settings = part("ui.preferences").addon_preferences(bpy.context), part("jobs.settings")
    home = part("operators.common").user_home()
    try:
        fields.ca_file = "//office.pem"
        assert (fields.ca_file, settings.read(home).ca_file) == (str(project / "office.pem"),) * 2
        (project / "other").mkdir()
        bpy.ops.wm.save_as_mainfile(filepath=str(project / "other" / "shot.blend"))
        fields.is_limited = True
        assert settings.read(home).ca_file == str(project / "office.pem")
    finally:
        fields.ca_file, fields.is_limited = "", False
