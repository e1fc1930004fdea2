"""Let Other Computers Help inside Blender: the farm that it starts is real, and a computer pairs with it."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from waiting import until

Part = Callable[[str], ModuleType]


@pytest.fixture
def switch(
    part: Part,
    live: Any,
    fresh_file: None,
    node_extension: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SimpleNamespace]:
    """The preferences' switch; off again afterwards, and its farm gone."""
    import bpy

    monkeypatch.setattr(part("ui.helping"), "no_network", lambda: "")  # Blender's tests run offline
    monkeypatch.setattr(part("operators.children"), "when_ended", _wait)
    follow, view = part("operators.other_computers").follow, part("ui.other_computers").view
    preferences = bpy.context.preferences.addons["bl_ext.user_default.farmhand"].preferences

    def press(is_on: bool) -> Any:
        preferences.lets_others_help = is_on
        follow(bpy.context)
        follow(bpy.context)
        return view()

    yield SimpleNamespace(press=press, view=view, follow=lambda: follow(bpy.context))
    press(False)


def _wait(child: Any, then: Callable[[Any], None]) -> None:
    child.wait(120)
    then(child)


def hears(address: str) -> bool:
    host, _, port = address.rpartition(":")
    host, port = (host, port) if host else (address, "8788")
    with socket.socket() as connection:
        connection.settimeout(2)
        return connection.connect_ex((host, int(port))) == 0


@pytest.mark.long
def test_other_computers_are_let_in_by_one_switch_and_shut_out_by_it(
    part: Part, switch: SimpleNamespace, home: Path, tmp_path: Path
) -> None:
    import bpy

    assert not bpy.ops.farmhand.invite_computer.poll()
    view = switch.press(True)
    assert view.problem == "" and len(view.code) == 14
    assert view.addresses and all(map(hears, view.addresses))
    data = part("courier.servers.local_farm").folder(part("jobs.user_folder").UserFolder(home), _blender(part))
    printed = data / "node" / "printed.log"
    until(lambda: printed.exists() and "Connected" in printed.read_text())
    first = view.code
    assert bpy.ops.farmhand.invite_computer() == {"FINISHED"}
    assert switch.view().code not in ("", first)
    helper = _pair(part, tmp_path / "second", view.addresses[0], switch.view().code)
    files, states = part("jobs.help_files"), part("jobs.help_files").HelpState
    until(lambda: files.status(tmp_path / "second").state is states.CONNECTED)
    shut = switch.press(False)
    assert shut.addresses == () and shut.code == ""
    until(lambda: not any(map(hears, view.addresses)))
    files.write_settings(tmp_path / "second", files.HelpSettings(leave=files.Leave.NOW))
    assert helper.wait(30) == 0


def test_offline_or_without_the_libraries_nobody_is_let_in(
    part: Part, switch: SimpleNamespace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part("ui.helping"), "no_network", lambda: "offline")
    assert not switch.press(True).is_on
    assert not part("jobs.settings").read(part("jobs.user_folder").UserFolder(home)).has_helpers
    monkeypatch.setattr(part("ui.helping"), "no_network", lambda: "")
    monkeypatch.setattr(part("ui.helping"), "has_libraries", lambda _context: False)
    assert not switch.press(True).is_on


def _blender(part: Part) -> list[str]:
    command: list[str] = part("scene.this_blender").blender_command()
    return command


def _pair(part: Part, data: Path, address: str, code: str) -> "subprocess.Popen[str]":
    part("jobs.help_files").write_settings(data, part("jobs.help_files").HelpSettings())
    command = part("courier.process.launcher").python_command(
        "farm", "help", "--data", str(data), "--blender", *_blender(part)
    )
    with (data / "printed.log").open("ab") as log:
        helper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True)
    assert helper.stdin is not None
    with helper.stdin as pipe:
        pipe.write(json.dumps({"address": address, "code": code}) + "\n")
    time.sleep(0.1)
    return helper
