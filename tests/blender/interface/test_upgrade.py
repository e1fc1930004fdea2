"""A .blend, a preset and the preferences that an earlier version wrote keep their settings."""

import json
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

UPGRADE = Path(__file__).parents[2] / "upgrade"
OLD = sorted(file.parent for file in UPGRADE.glob("*/scene.blend"))
_READ_PREFERENCES = """
import json, os, sys
import addon_utils, bpy
bpy.ops.wm.read_userpref()
addon_utils.enable(sys.argv[-2])
ours = bpy.context.preferences.addons[sys.argv[-2]].preferences
names = ("renderjuice_key", "custom_url", "custom_key", "download_limit", "ca_file")
open(sys.argv[-1], "w").write(json.dumps({name: getattr(ours, name) for name in names}))
os._exit(0)  # a bpy with registered classes may hang at its end
"""


def settings(names: set[str]) -> dict[str, object]:
    import bpy

    found = {name: getattr(bpy.context.scene.farmhand, name) for name in names}
    plain = {"resolution": list, "camera": lambda camera: camera and camera.name}
    return {name: plain.get(name, lambda one: one)(value) for name, value in found.items()}


@pytest.mark.parametrize("old", OLD, ids=lambda folder: folder.name)
def test_a_scene_of_an_earlier_version_keeps_its_settings(old: Path, fresh_file: None) -> None:
    import bpy

    expected = json.loads((old / "scene.json").read_text(encoding="utf-8"))
    bpy.ops.wm.open_mainfile(filepath=str(old / "scene.blend"))
    assert settings(set(expected)) == expected


@pytest.mark.parametrize("old", OLD, ids=lambda folder: folder.name)
def test_a_preset_of_an_earlier_version_is_applied(old: Path, fresh_file: None) -> None:
    import bpy

    saved = json.loads((old / "scene.json").read_text(encoding="utf-8"))
    lines = (old / "Night.py").read_text(encoding="utf-8").splitlines()
    names = {line.partition(" = ")[0].rpartition(".")[2] for line in lines if " = " in line}
    bpy.ops.script.execute_preset(filepath=str(old / "Night.py"), menu_idname="FARMHAND_PT_presets")
    assert settings(names) == {name: saved[name] for name in names}


@pytest.mark.parametrize("file", sorted(UPGRADE.glob("*/menus.json")), ids=lambda file: file.parent.name)
def test_entries_of_menus_keep_their_numbers(file: Path, fresh_file: None) -> None:
    """A .blend keeps the number alone: another number is another choice."""
    import bpy

    properties = bpy.context.scene.farmhand.bl_rna.properties
    for name, entries in json.loads(file.read_text(encoding="utf-8")).items():
        found = {item.identifier: item.value for item in properties[name].enum_items}
        assert found.items() >= entries.items(), name


@pytest.mark.parametrize("file", sorted(UPGRADE.glob("*/userpref.blend")), ids=lambda file: file.parent.name)
def test_preferences_of_an_earlier_version_keep_keys_and_limits(
    file: Path, installed_extension: ModuleType, blender_command: list[str], tmp_path: Path
) -> None:
    import bpy

    if bpy.app.version < (4, 3):
        pytest.skip("bpy 4.2 crashes on any saved preferences")
    for folder in ("config", "extensions/user_default"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "config" / "userpref.blend").write_bytes(file.read_bytes())
    extension = Path(str(installed_extension.__file__)).parent
    (tmp_path / "extensions" / "user_default" / extension.name).symlink_to(extension, target_is_directory=True)
    (tmp_path / "read.py").write_text(_READ_PREFERENCES, encoding="utf-8")
    command = [*blender_command, "-b", "--python", str(tmp_path / "read.py")]
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(tmp_path),
        "FARMHAND_HOME": str(tmp_path / "home"),
    }
    answer = tmp_path / "answer.json"
    subprocess.run(
        [*command, "--", installed_extension.__name__, str(answer)], env=environment, check=True, timeout=120
    )
    assert json.loads(answer.read_text(encoding="utf-8")) == {
        "renderjuice_key": "FH-old-renderjuice",
        "custom_url": "http://farm.studio:8000",
        "custom_key": "FH-old-studio",
        "download_limit": 2.5,
        "ca_file": "/etc/studio.pem",
    }
