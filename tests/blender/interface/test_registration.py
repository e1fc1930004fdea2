"""Enabling and disabling: everything comes and goes, as often as one likes."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def ours() -> set[str]:
    import bpy

    named = {name for name in dir(bpy.types) if name.startswith("FARMHAND_")}
    return named | {name for name in ("Scene", "WindowManager") if hasattr(getattr(bpy.types, name), "farmhand")}


def test_disabling_leaves_nothing_behind_three_times_over(installed_extension: ModuleType) -> None:
    import bpy

    before = ours()
    for _ in range(3):
        bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
        assert ours() == set()
        bpy.ops.preferences.addon_enable(module=installed_extension.__name__)
        assert ours() == before


@pytest.mark.parametrize("module", ["watch", "courier_watchdog"])
def test_a_timer_ends_with_the_extension(
    installed_extension: ModuleType, part: Callable[[str], ModuleType], module: str
) -> None:
    import bpy

    tick = part(f"operators.{module}").tick
    assert bpy.app.timers.is_registered(tick)
    bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
    try:
        assert not bpy.app.timers.is_registered(tick)
        assert tick() is None
    finally:
        bpy.ops.preferences.addon_enable(module=installed_extension.__name__)


def test_disabling_in_mid_job_leaves_the_job_in_the_journal(
    installed_extension: ModuleType, part: Callable[[str], ModuleType], add: Callable[..., object], home: object
) -> None:
    import bpy

    add(state="active", stage="render", frames_total=10)
    bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
    bpy.ops.preferences.addon_enable(module=installed_extension.__name__)
    watch, live = part("operators.watch"), part("ui.state")
    watch.tick()
    assert [row.submission.name for row in live.current().snapshot.rows] == ["shot_010"]


def test_the_command_line_is_known_to_blender(
    blender_command: list[str], add: Callable[..., object], home: Path
) -> None:
    add(name="shot_020", state="active", stage="render")
    command = [*blender_command, "--command", "farmhand", "jobs", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"shot_020"' in done.stdout


def test_the_command_line_in_blender_has_the_jobs_of_the_panel(
    blender_command: list[str], installed_extension: ModuleType, tmp_path: Path
) -> None:
    """Without FARMHAND_HOME, the panel's jobs are in the extension's own folder."""
    import bpy

    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    environment.pop("FARMHAND_HOME", None)
    command = [*blender_command, "--command", "farmhand", "jobs", "--json"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    own = Path(bpy.utils.extension_path_user(installed_extension.__name__))
    assert (own / "journal.sqlite3").exists()
    assert not (tmp_path / "farmhand").exists()


def test_shipped_presets_are_found(installed_extension: ModuleType) -> None:
    import bpy

    found = {bpy.path.display_name(path) for path in preset_names()}
    assert {"Preview", "Half Size", "Final", "Compositing EXR", "Draft"} <= found


def preset_names() -> set[str]:
    from pathlib import Path

    import bpy

    return {path.name for folder in bpy.utils.preset_paths("farmhand") for path in Path(folder).glob("*.py")}


def test_an_error_in_a_turn_of_the_timer_is_said_and_the_timer_goes_on(
    live: object, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = part("operators.watch")
    monkeypatch.setattr(watch.job_list, "follow", lambda *_: 1 / 0)
    assert watch.tick() > 0
    assert watch.tick() > 0
    assert len(live.reports.notes) == 1


def test_without_an_entry_in_the_preferences_everything_is_as_at_first(
    installed_extension: ModuleType, part: Callable[[str], ModuleType], live: Any
) -> None:
    """As after `blender --addons`, and in application templates that enable an add-on themselves."""
    import addon_utils
    import bpy

    name = installed_extension.__name__
    bpy.ops.preferences.addon_disable(module=name)
    try:
        addon_utils.enable(name, default_set=False)
        assert name not in bpy.context.preferences.addons
        part("operators.watch").tick()
        part("operators.help_render").tick()
        assert part("ui.state").current().reports.notes == []
        assert part("ui.servers.servers").why_not(bpy.context) == ""
        assert bpy.ops.farmhand.submit.poll()
    finally:
        addon_utils.disable(name)
        bpy.ops.preferences.addon_enable(module=name)


def test_a_code_that_was_asked_for_before_it_was_disabled_is_not_waited_for(
    installed_extension: ModuleType, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    computers = part("ui.other_computers")
    computers.update(is_on=True, is_asked=True)
    bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
    bpy.ops.preferences.addon_enable(module=installed_extension.__name__)
    assert not computers.view().is_asked


def test_it_can_be_enabled_where_the_top_of_render_properties_is_taken_away(installed_extension: ModuleType) -> None:
    import bpy

    taken = bpy.types.RENDER_PT_context
    bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
    bpy.utils.unregister_class(taken)
    try:
        assert bpy.ops.preferences.addon_enable(module=installed_extension.__name__) == {"FINISHED"}
        assert hasattr(bpy.types.Scene, "farmhand")
    finally:
        bpy.utils.register_class(taken)
        bpy.ops.preferences.addon_disable(module=installed_extension.__name__)
        bpy.ops.preferences.addon_enable(module=installed_extension.__name__)
