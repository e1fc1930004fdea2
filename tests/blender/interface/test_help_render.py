"""Help Render inside Blender: its program is real, and so is the farm that it pairs with."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import until

Part = Callable[[str], ModuleType]
NODE = "bl_ext.user_default.farmhand_node"


@pytest.fixture
def farm(part: Part, node_extension: None, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A farm that hears nodes, and an invitation to it; started by the Python that Blender brings."""
    command, data = part("courier.process.launcher").python_command, tmp_path / "farm"
    around = ["--data", str(data)]
    serve = [*around, "--port", "0", "--backend", "dask", "--node-port", "0", "--until-stdin-closes"]
    with (tmp_path / "farm.err").open("ab") as log:
        process = subprocess.Popen(command("farm", *serve), stdin=subprocess.PIPE, stdout=log, stderr=log)
    until(lambda: (data / "access.json").exists())
    invited = subprocess.run(command("farm", "invite", "pc", "--code", "--json", *around), capture_output=True)
    yield json.loads(invited.stdout)
    with process:
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def ours(part: Part, live: Any) -> Iterator[ModuleType]:
    """The panel's own view; nothing helps on after the test."""
    module = part("ui.helping")
    module.refresh()
    yield module
    if module.refresh() or module.view().lives:
        module.change(leave=part("jobs.help_files").Leave.NOW)
        until(lambda: module.refresh() or not module.view().lives)


def wait(ours: ModuleType, condition: Callable[[Any], object]) -> None:
    def holds() -> object:
        ours.refresh()
        return condition(ours.view())

    until(holds)


@pytest.mark.long
def test_this_computer_pairs_pauses_leaves_and_forgets(
    part: Part, fresh_file: None, farm: dict[str, Any], ours: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setattr(ours, "no_network", lambda: "")  # Blender's tests run offline
    states = part("jobs.help_files").HelpState
    typed = bpy.context.window_manager.farmhand_help
    assert not bpy.ops.farmhand.help_start.poll() and not bpy.ops.farmhand.help_pause.poll()
    typed.address, typed.code = farm["addresses"][0], farm["code"]
    assert bpy.ops.farmhand.help_start() == {"FINISHED"}
    assert typed.code == "", "a code is used up"
    wait(ours, lambda view: view.lives and view.status.state is states.CONNECTED)
    assert ours.view().farm and not ours.view().status.problem
    assert ours.view().status.blender.startswith(bpy.app.version_string.split()[0])
    assert bpy.ops.farmhand.help_pause() == {"FINISHED"}
    assert ours.view().settings.is_paused
    typed.slots = 2
    wait(ours, lambda view: view.status.state is states.TESTING)  # it begins anew with two
    wait(ours, lambda view: view.status.state is states.CONNECTED)
    assert not bpy.ops.farmhand.help_forget.poll()
    assert bpy.ops.farmhand.help_leave() == {"FINISHED"}
    wait(ours, lambda view: not view.lives)
    assert bpy.ops.farmhand.help_start.poll(), "it is paired still"
    assert bpy.ops.farmhand.help_forget() == {"FINISHED"}
    assert ours.view().farm == ""
    assert not bpy.ops.farmhand.help_start.poll()


@pytest.mark.long
def test_a_wrong_code_is_said_in_the_panel(
    part: Part, fresh_file: None, farm: dict[str, Any], ours: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setattr(ours, "no_network", lambda: "")
    typed = bpy.context.window_manager.farmhand_help
    typed.address, typed.code = farm["addresses"][0], "0000-0000-0000"
    bpy.ops.farmhand.help_start()
    wait(ours, lambda view: view.status.problem)
    assert part("client.message").Message.decoded(ours.view().status.problem).startswith("The farm does not recognize")
    wait(ours, lambda view: not view.lives)


def test_offline_blender_helps_nobody(fresh_file: None, node_extension: None, ours: ModuleType) -> None:
    import bpy

    if bpy.app.online_access:
        pytest.skip("this Blender is online")
    typed = bpy.context.window_manager.farmhand_help
    typed.address, typed.code = "127.0.0.1", "0000-0000-0000"
    with pytest.raises(RuntimeError, match="other computers"):
        bpy.ops.farmhand.help_start()
    typed.address = typed.code = ""


def test_without_the_extension_there_is_no_panel(part: Part, fresh_file: None, node_extension: None) -> None:
    import addon_utils
    import bpy

    panel = part("panels.servers.help_render").FARMHAND_PT_help_render
    assert panel.poll(bpy.context)
    addon_utils.disable(NODE, default_set=True)
    try:
        assert not panel.poll(bpy.context)
        assert not bpy.ops.farmhand.help_start.poll()
    finally:
        addon_utils.enable(NODE, default_set=True)
