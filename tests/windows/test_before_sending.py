"""What an artist sees and changes before anything is sent: overrides, and files that are missing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from journey import Stage

MISSING = """
picture = bpy.data.images.new("rust.png", 4, 4)
picture.filepath_raw, picture.source = "/studio/textures/rust.png", "FILE"
material = bpy.data.materials.new("Rust")
if not material.node_tree:
    material.use_nodes = True
node = material.node_tree.nodes.new("ShaderNodeTexImage")
node.image = picture
shader = next(one for one in material.node_tree.nodes if one.type == "BSDF_PRINCIPLED")
material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
painted = bpy.data.objects.get("Cube") or bpy.data.objects["Barn"]
painted.data.materials.clear()
painted.data.materials.append(material)
bpy.ops.wm.save_mainfile()
"""
OVERRIDE = """
settings = bpy.context.scene.farmhand
settings.use_sample_count, settings.sample_count = True, 16
settings.use_resolution_percentage, settings.resolution_percentage = True, 50
"""
ADVANCED = """
settings = bpy.context.scene.farmhand
bpy.context.scene.render.fps = 30
settings.use_fps = settings.use_tiling = settings.use_compute_device = True
settings.fps, settings.tiling = 24, False
redraw()
"""
WHEEL_DOWN = 5
NO_CAMERA = "live().checks.by_scene['Scene'].sentences('error')"
FOUND = "live().checks.by_scene['Scene'].missing"


def widen(on: Stage) -> None:
    for _ in range(4):  # a drag that begins while the window is being laid out again goes nowhere
        left, _upper, right, _lower = on.window.run("redraw()\nanswer = properties_place()")
        if right - left > 300:
            return
        on.widen(160)
    raise AssertionError("the Properties editor cannot be widened")


def test_a_missing_file_is_named_and_found_again(on: Stage) -> None:
    widen(on)
    on.window.run(MISSING)
    on.window.run("open_sub_panel('Files to Send')")
    on.window.press("farmhand.check(")
    assert on.window.wait(f"'Scene' in live().checks.by_scene and {FOUND}") == 1
    assert on.window.run("answer = live().checks.by_scene['Scene'].tree[0].is_missing")
    on.picture(f"missing-{on.version}")
    put_back(on.folder / "found" / "rust.png", on)
    on.window.run(f"bpy.ops.file.find_missing_files(directory={str(on.folder)!r})")
    on.window.press("farmhand.check(")
    on.window.wait(f"{FOUND} == 0")


def test_a_dry_run_finds_no_camera_and_one_click_puts_it_right(on: Stage) -> None:
    on.window.run("bpy.context.scene.camera = None\nbpy.ops.ed.undo_push(message='before')")
    on.window.run("open_sub_panel('Files to Send')")
    on.window.press("farmhand.check(")
    on.window.wait(f"'Scene' in live().checks.by_scene and {NO_CAMERA}")
    on.picture(f"fix-{on.version}")
    on.window.press("farmhand.use_camera(")
    on.window.wait("bpy.context.scene.camera is not None")
    assert on.window.run(f"answer = {NO_CAMERA}") == []
    on.picture(f"fixed-{on.version}")
    on.window.run("bpy.ops.ed.undo()")
    assert on.window.run("answer = bpy.context.scene.camera is None")


def test_overrides_stand_beside_what_the_scene_says(on: Stage) -> None:
    widen(on)
    on.window.run(OVERRIDE)
    on.window.run("open_sub_panel('Overrides')")
    on.picture(f"overrides-{on.version}")
    config = "farmhand('ui.request.overrides').as_config(bpy.context.scene.farmhand)"
    assert on.window.run(f"answer = {config}") == {"sampleCount": 16, "resolutionPercentage": 50}


@pytest.mark.soak
def test_each_member_of_the_config_is_set_under_advanced_and_reset_with_a_click(on: Stage) -> None:
    on.window.run(ADVANCED)
    on.window.run("open_sub_panel('Advanced')")
    widen(on)
    left, upper, right, lower = on.window.run("answer = properties_place()")
    for _ in range(12):
        on.window.click((left + right) // 2, (upper + lower) // 2, button=WHEEL_DOWN)
    on.picture(f"advanced-{on.version}")
    config = "farmhand('ui.request.overrides').as_config(bpy.context.scene.farmhand)"
    sent = {"fps": 24.0, "useTiling": False, "computeDeviceType": "CPU"}
    assert on.window.run(f"answer = {config}") == sent
    on.window.press('farmhand.reset_override(name="fps"', right=True)
    on.window.wait(f"'fps' not in {config}")
    on.window.press("farmhand.reset_override(")
    on.window.wait(f"{config} == {{}}")


def put_back(path: Path, on: Stage) -> None:
    """A picture with this name, as it lies in another folder."""
    path.parent.mkdir()
    on.window.run(
        "picture = bpy.data.images.new('made', 4, 4)\npicture.file_format = 'PNG'\n"
        f"picture.filepath_raw = {str(path)!r}\npicture.save()\nbpy.data.images.remove(picture)"
    )


@pytest.mark.soak
def test_the_table_of_render_all_says_what_was_found_whichever_jobs_are_chosen(on: Stage) -> None:
    """The dialog opens with the cameras; a click on All Scenes looks at those as well."""
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.run(
        "empty = bpy.data.scenes.new('Empty')\n"
        "empty.use_fake_user, empty.camera = True, bpy.context.scene.camera\n"
        "batch = farmhand('operators.submitting.submit_all')\n"
        "looked = bpy.app.driver_namespace.setdefault('looked', [])\n"
        "real = batch.sentences\n"
        "batch.sentences = lambda context, what: looked.append((what, real(context, what))) or looked[-1][1]"
    )
    on.window.move(700, 500)
    on.window.run("with_window(0, lambda: bpy.ops.farmhand.submit_all('INVOKE_DEFAULT', what='CAMERAS'))")
    time.sleep(1.0)
    for _ in range(10):  # a busy machine may not have drawn the dialog yet
        on.window.click(291, 509)
        time.sleep(1.0)
        if on.window.run("answer = len(bpy.app.driver_namespace['looked'])") > 1:
            break
    on.picture(f"all-scenes-{on.version}", whole=True)
    on.window.key("Escape")
    looked = on.window.run("answer = bpy.app.driver_namespace.pop('looked')")
    assert [what for what, _ in looked] == ["CAMERAS", "SCENES"]
    ((icon, sentence),) = [each for each in looked[1][1] if "Empty" in each[1]]
    assert (icon, sentence.startswith("Empty: The scene has no renderable")) == ("ERROR", True)
    assert on.window.run("answer = len(snapshot().rows)") == before
