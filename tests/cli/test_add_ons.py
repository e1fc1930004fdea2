"""On This Computer an artist may allow scripts and their own add-ons; nothing else ever runs them."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from test_cli import CommandLine, cli  # noqa: F401 a fixture

ADD_ON = """
bl_info = {"name": "Hider", "blender": (4, 2, 0), "category": "Object"}
import bpy

@bpy.app.handlers.persistent
def hide(scene, *_):
    bpy.data.objects["Cube"].hide_render = True

def register():
    bpy.app.handlers.frame_change_pre.append(hide)

def unregister():
    bpy.app.handlers.frame_change_pre.remove(hide)
"""
ENABLE = """
import bpy, os
bpy.ops.preferences.addon_enable(module="hider")
bpy.ops.wm.save_userpref()
os._exit(0)
"""
SCENE = """
import bpy, os, sys
bpy.ops.wm.read_homefile(use_factory_startup=True)
scene = bpy.context.scene
scene.render.engine, scene.frame_end = "CYCLES", 1
scene.cycles.samples, scene.cycles.use_denoising = 1, False
scene.render.resolution_x, scene.render.resolution_y = 32, 18
if sys.argv[-1] == "script":
    bpy.data.objects["Cube"].driver_add("hide_render").driver.expression = "__import__('math').pi"
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-2])
os._exit(0)
"""


@pytest.fixture(scope="module")
def resources(blender_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user folder of Blender with one add-on that hides the cube at each frame."""
    if not Path(blender_command[0]).name.startswith("python"):
        pytest.skip("the scripts of this test run in a Python that has bpy")
    folder = tmp_path_factory.mktemp("resources")
    add_ons = folder / "scripts" / "addons"
    add_ons.mkdir(parents=True)
    (add_ons / "hider.py").write_text(ADD_ON)
    subprocess.run(
        [*blender_command, "-c", ENABLE], check=True, capture_output=True, env={"BLENDER_USER_RESOURCES": str(folder)}
    )
    return folder


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kind", ["add-on", "script"])
def test_add_ons_and_scripts_run_only_where_they_are_allowed(
    kind: str,
    cli: CommandLine,  # noqa: F811
    blender_command: list[str],
    resources: Path,
    tmp_path: Path,
) -> None:
    blend = tmp_path / "scene.blend"
    subprocess.run([*blender_command, "-c", SCENE, str(blend), kind], check=True, capture_output=True)
    colors = {}
    for name, words in (("off", ()), ("on", ("--allow-add-ons",))):
        code, result = cli.json(
            "submit", str(blend), "--output", str(tmp_path / name), "--wait", *words,
            BLENDER_USER_RESOURCES=str(resources if kind == "add-on" else tmp_path),
        )  # fmt: skip
        assert code == 0, result
        (frame,) = result["frames"]
        colors[name] = len(Image.open(frame).convert("RGB").getcolors(10_000))
    # Without the cube there is the background alone.
    assert colors["off"] > 10 > colors["on"]


def test_a_farm_that_others_can_reach_takes_no_such_wish(blender_command: list[str], tmp_path: Path) -> None:
    words = ("--data", str(tmp_path), "--host", "0.0.0.0", "--allow-add-ons", "--blender", *blender_command)
    done = subprocess.run([sys.executable, "-m", "farmhand.farm", *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "only on the artist's own computer" in done.stderr) == (2, True)
