"""A .blend and a preset that an earlier version wrote keep their settings."""

import json
from pathlib import Path

import pytest

OLD = sorted((Path(__file__).parents[2] / "upgrade").glob("from_*"))


@pytest.mark.parametrize("old", OLD, ids=lambda folder: folder.name)
def test_a_scene_of_an_earlier_version_keeps_its_settings(old: Path, fresh_file: None) -> None:
    import bpy

    expected = json.loads((old / "scene.json").read_text(encoding="utf-8"))
    bpy.ops.wm.open_mainfile(filepath=str(old / "scene.blend"))
    ours = bpy.context.scene.farmhand
    found = {name: getattr(ours, name) for name in expected}
    assert {name: list(value) if name == "resolution" else value for name, value in found.items()} == expected


@pytest.mark.parametrize("old", OLD, ids=lambda folder: folder.name)
def test_a_preset_of_an_earlier_version_is_applied(old: Path, fresh_file: None) -> None:
    import bpy

    expected = json.loads((old / "scene.json").read_text(encoding="utf-8"))
    bpy.ops.script.execute_preset(filepath=str(old / "Night.py"), menu_idname="FARMHAND_PT_presets")
    ours = bpy.context.scene.farmhand
    assert (ours.sample_count, ours.output_format, ours.frames) == (7, expected["output_format"], "1-3")
