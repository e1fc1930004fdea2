"""What artists do, in windows of real Blenders, with mouse and keyboard; one window of each Blender serves all."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable

import pytest
from journey import PICTURES, Stage
from running_farm import API, RunningFarm

from farmhand.jobs.journal.journal import Journal

KEY = "RJ-of-the-studio"
SEQUENCER = """
scene = bpy.data.scenes["Scene Edit"]
strips = scene.sequence_editor.strips if hasattr(scene.sequence_editor, "strips") else scene.sequence_editor.sequences
answer = [element.filename for element in strips[0].elements]
"""

BALLAST = """
import os
text = bpy.data.texts.new("ballast")
text.use_fake_user = True
text.write("\\n".join(os.urandom(60).hex() for _ in range(150_000)))
bpy.ops.wm.save_mainfile()
"""
"""Makes a file of some 10 MB that no compression makes small: packing it takes a moment."""

PAINT_OVER = """
image = bpy.data.images.load({path!r})
width, height = image.size
pixels = list(image.pixels)
for row in range(height // 4, height // 2):
    for column in range(width // 4, width // 2):
        pixels[4 * (row * width + column)] = 1.0
image.pixels = pixels
image.save()
bpy.data.images.remove(image)
"""
"""Reddens a rectangle of a frame that came back, so that the comparison has something to show."""

SECOND_CAMERA = """
closer = bpy.data.objects.new("Closer", bpy.data.cameras.new("Closer"))
closer.location, closer.rotation_euler = (0, -6, 0), (1.5708, 0, 0)
bpy.context.scene.collection.objects.link(closer)
bpy.ops.wm.save_mainfile()
"""


def test_the_frame_button_renders_the_current_frame_alone(on: Stage) -> None:
    on.window.run("bpy.context.scene.frame_set(2)")
    on.submit("FRAME")
    on.over()
    assert on.frames() == ["shot_0002.png"]


@pytest.mark.soak
def test_test_frames_and_then_the_rest(on: Stage) -> None:
    on.prepare(frames=6)
    on.submit("TEST")
    on.over()
    assert len(on.frames()) == 3
    on.window.run("open_sub_panel('Details')")
    left, upper, right, lower = (int(number) for number in on.window.run("answer = properties_place()"))
    on.window.scroll_down((left + right) // 2, (upper + lower) // 2)
    on.picture(f"details-{on.version}")
    on.window.scroll_up((left + right) // 2, (upper + lower) // 2)
    on.window.run("open_sub_panel('Jobs')")
    on.picture(f"test-frames-{on.version}")
    on.window.press("farmhand.render_rest(", top=0.45)
    on.window.wait("len(snapshot().rows[0].parts) == 2")
    on.over()
    assert len(on.frames()) == 6


def test_cancel_asks_and_keeps_the_frames_that_are_here(on: Stage) -> None:
    on.prepare(frames=200)
    on.submit()
    on.window.wait("snapshot().rows[0].submission.frames_done >= 2")
    on.window.press("farmhand.cancel_going(", right=True)
    time.sleep(0.5)
    on.picture(f"cancel-{on.version}", whole=True)
    on.window.key("Return")
    on.window.wait("snapshot().rows[0].submission.is_over")
    assert on.state() == "canceled"
    assert on.frames()


@pytest.mark.soak
def test_a_job_that_is_not_over_leaves_the_list_only_after_a_question(on: Stage) -> None:
    on.prepare(frames=200)
    on.submit()
    on.window.wait("snapshot().rows[0].submission.frames_done >= 1")
    on.window.run("bpy.ops.farmhand.pause()")
    on.window.wait("snapshot().rows[0].submission.state.value == 'paused'")
    count = on.window.run("answer = len(snapshot().rows)")
    for answer, rows in (("Escape", count), ("Return", count - 1)):
        on.window.run("bpy.ops.farmhand.forget('INVOKE_DEFAULT')")
        time.sleep(0.5)
        on.picture(f"forget-{on.version}", whole=True)
        on.window.key(answer)
        on.window.wait(f"len(snapshot().rows) == {rows}")


def test_frames_that_are_there_already_are_asked_about(on: Stage) -> None:
    on.rendered.mkdir()
    (on.rendered / "shot_0001.png").write_bytes(b"mine")
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.press("farmhand.submit(")
    time.sleep(1.0)
    on.picture(f"existing-{on.version}", whole=True)
    on.window.key("Escape")
    time.sleep(0.5)
    assert on.window.run("answer = len(snapshot().rows)") == before
    assert (on.rendered / "shot_0001.png").read_bytes() == b"mine"


def test_a_scene_without_a_camera_says_what_to_do(on: Stage) -> None:
    on.window.run("bpy.context.scene.camera = None")
    on.window.press("farmhand.submit(")
    on.window.wait("live().checks.by_scene and live().checks.by_scene['Scene'].sentences('error')")
    on.picture(f"no-camera-{on.version}", whole=True)
    assert "camera" in on.window.run("answer = live().checks.by_scene['Scene'].sentences('error')[0]")


@pytest.mark.soak
def test_a_job_finishes_while_another_file_is_open(on: Stage) -> None:
    on.prepare(frames=12)
    on.submit()
    on.window.run("bpy.ops.wm.read_homefile(load_ui=False)\nput_farmhand_first()")
    on.over()
    assert on.state() == "done"
    assert len(on.frames()) == 12


def test_escape_hides_the_packing_and_the_job_goes_on(on: Stage) -> None:
    on.window.run(BALLAST)
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.press("farmhand.submit(")
    on.window.wait("snapshot().packing")
    on.window.key("Escape")
    on.window.wait(f"len(snapshot().rows) > {before}")
    on.over()
    assert on.state() == "done"


@pytest.mark.soak
def test_the_farm_is_killed_and_comes_back_by_itself(on: Stage) -> None:
    count = 20 if PICTURES in os.environ else 90  # frames of the example take longer
    on.prepare(frames=count)
    on.submit()
    on.window.wait("snapshot().rows[0].submission.frames_done >= 2")
    for access in on.home.glob("farms/*/access.json"):
        os.kill(json.loads(access.read_text())["pid"], signal.SIGKILL)
    on.window.wait("snapshot().rows[0].submission.note or snapshot().rows[0].submission.is_over")
    on.picture(f"farm-killed-{on.version}")
    on.over()
    assert on.state() == "done"
    assert len(on.frames()) == count


@pytest.mark.soak
def test_the_courier_is_killed_and_comes_back_by_itself(on: Stage) -> None:
    on.prepare(frames=30)
    on.submit()
    on.window.wait("snapshot().rows[0].submission.frames_done >= 2")
    with Journal(on.home / "journal.sqlite3") as journal:
        presence = journal.courier()
    assert presence is not None
    os.kill(presence.pid, signal.SIGKILL)
    on.over()
    assert on.state() == "done"
    assert len(on.frames()) == 30


@pytest.mark.soak
def test_frames_become_a_strip_in_a_scene_for_editing(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.run("bpy.ops.farmhand.to_sequencer('INVOKE_DEFAULT')")
    assert on.window.run(SEQUENCER) == on.frames()
    on.window.run("bpy.context.window_manager.windows[0].scene = bpy.data.scenes['Scene Edit']")
    on.window.run("show_editor('SEQUENCE_EDITOR')")
    on.window.run("redraw()\nfill_editor('SEQUENCE_EDITOR')")
    on.picture(f"strip-{on.version}", whole=True)
    on.window.run("show_editor('VIEW_3D')\nbpy.context.window_manager.windows[0].scene = bpy.data.scenes['Scene']")
    on.window.run("bpy.context.scene.frame_set(9)\nredraw()")  # one that does not exist
    on.submit("FRAME")  # of the scene alone: that the strip's frames were not sent is no reason to ask
    on.over()
    assert on.state() == "done"


@pytest.mark.soak
def test_a_strip_can_be_undone_and_the_job_stays(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.run("bpy.ops.ed.undo_push(message='before')\nbpy.ops.farmhand.to_sequencer('INVOKE_DEFAULT')")
    on.window.wait("'Scene Edit' in bpy.data.scenes")
    on.window.run("bpy.ops.ed.undo()")
    assert not on.window.run("answer = 'Scene Edit' in bpy.data.scenes")
    assert on.state() == "done"


def test_frames_show_in_the_image_editor(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.run("show_editor('IMAGE_EDITOR')")
    on.window.run("bpy.ops.farmhand.to_image_editor('INVOKE_DEFAULT')")
    on.window.run("redraw()\nfill_editor('IMAGE_EDITOR')")
    on.picture(f"image-editor-{on.version}", whole=True)
    shown = on.window.run("answer = show_editor('IMAGE_EDITOR').spaces.active.image.name")
    on.window.run("show_editor('VIEW_3D')")
    assert shown == on.blend.stem


@pytest.mark.soak
def test_a_frame_is_compared_with_a_render_here(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.run(PAINT_OVER.format(path=str(on.rendered / "shot_0002.png")))
    on.window.run("show_editor('IMAGE_EDITOR')")
    on.window.run("bpy.context.scene.frame_set(2)\nbpy.ops.farmhand.compare('INVOKE_DEFAULT')")
    on.window.wait("'shot_0002 difference' in bpy.data.images")
    shown = on.window.run("answer = show_editor('IMAGE_EDITOR').spaces.active.image.name")
    on.window.move(500, 300)
    on.window.run("redraw()\nfill_editor('IMAGE_EDITOR')")
    on.picture(f"compare-{on.version}", whole=True)
    on.window.run("show_editor('VIEW_3D')")
    assert shown == "shot_0002 difference"
    assert on.window.run("answer = max(bpy.data.images['shot_0002 difference'].pixels[:][0::4])") > 0.5
    assert (on.rendered / "compare" / "shot_0002.png").is_file()


@pytest.mark.soak
def test_frames_become_a_node_in_the_compositor(on: Stage) -> None:
    on.submit()
    on.over()
    on.window.run("bpy.ops.farmhand.to_compositor('INVOKE_DEFAULT')")
    tree = "farmhand('operators.footage.compositor').tree_of(bpy.context.scene)"
    found = on.window.run(f"answer = [node.image.name for node in {tree}.nodes if node.type == 'IMAGE']")
    assert found == [on.blend.stem]
    on.window.run("show_editor('CompositorNodeTree')")
    time.sleep(0.5)  # until it has drawn itself, which begins the compositing
    on.window.wait("not bpy.app.is_job_running('COMPOSITE')")
    on.window.run("fill_editor('CompositorNodeTree')")
    on.picture(f"compositor-{on.version}", whole=True)
    on.window.run("show_editor('VIEW_3D')")


@pytest.mark.soak
def test_all_cameras_go_once_the_table_was_seen(on: Stage) -> None:
    on.window.run(SECOND_CAMERA)
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.move(700, 500)
    on.window.run("with_window(0, lambda: bpy.ops.farmhand.submit_all('INVOKE_DEFAULT', what='CAMERAS'))")
    time.sleep(1.0)
    on.picture(f"all-cameras-{on.version}", whole=True)
    on.window.key("Return")
    on.window.wait(f"len(snapshot().rows) == {before} + 2")
    on.window.wait("all(row.submission.is_over for row in snapshot().rows[:2])")
    assert [len(list((on.rendered / camera).glob("*.png"))) for camera in ("Camera", "Closer")] == [3, 3]


def test_a_preset_is_saved_with_the_file(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.use_resolution_percentage = True")
    on.window.run("bpy.context.scene.farmhand.resolution_percentage = 40\nbpy.ops.farmhand.preset_add(name='Mine')")
    on.window.run("bpy.context.scene.farmhand.resolution_percentage = 80")
    on.window.run(
        "path = bpy.utils.preset_find('Mine', 'farmhand', ext='.py')\n"
        "bpy.ops.script.execute_preset(filepath=path, menu_idname='FARMHAND_PT_presets')\n"
        f"bpy.ops.wm.save_mainfile()\nbpy.ops.wm.open_mainfile(filepath={str(on.blend)!r}, load_ui=False)"
    )
    found = on.window.run("s = bpy.context.scene.farmhand; answer = [s.preset, s.resolution_percentage]")
    left, upper, _, _ = on.window.run("answer = properties_place()")
    on.window.move(int(left) + 150, int(upper) + 50)  # over a title, which has no tooltip
    on.window.run("with_window(0, lambda: bpy.ops.wm.call_panel(name='FARMHAND_PT_presets'))")
    time.sleep(0.5)
    on.picture(f"preset-{on.version}", whole=True)
    on.window.key("Escape")
    on.window.run("bpy.ops.farmhand.preset_add(name='Mine', remove_name=True)")
    assert found == ["Mine", 40]


def test_the_keyboard_alone_renders_by_the_search_menu(on: Stage) -> None:
    before = on.window.run("answer = len(snapshot().rows)")
    on.window.move(700, 500)
    on.window.key("F3")
    time.sleep(0.6)
    on.window.type("Render Animation on This")
    time.sleep(0.8)
    on.window.key("Return")
    on.window.wait(f"len(snapshot().rows) > {before}")
    on.over()
    assert len(on.frames()) == 3


def test_a_server_that_is_not_there_is_named_in_words(on: Stage) -> None:
    on.window.run("preferences().custom_url = '127.0.0.1:9'\npreferences().custom_key = 'RJ-test'")
    on.window.run("bpy.ops.farmhand.test_connection(server='CUSTOM')")
    url = "'http://127.0.0.1:9/api/external/v1'"
    text = on.window.wait(f"live().connections[{url}].is_good is False and live().connections[{url}].text")
    on.window.run("bpy.context.scene.farmhand.server = 'CUSTOM'")
    on.picture(f"not-there-{on.version}")
    assert "RJ-test" not in text
    assert len(text.split()) > 5


@pytest.mark.soak
@pytest.mark.parametrize(("key", "is_good"), [(KEY, True), ("RJ-another", False)])
def test_the_key_of_ones_own_server_is_tested(
    on: Stage, start_farm: Callable[..., RunningFarm], key: str, is_good: bool
) -> None:
    url = start_farm(environment={"FARMHAND_API_KEY": KEY}).url
    on.window.run(f"preferences().custom_url = {url!r}\npreferences().custom_key = {key!r}")
    on.window.run("bpy.ops.farmhand.test_connection(server='CUSTOM')")
    address = f"live().connections[{url + API!r}]"
    on.window.wait(f"{address}.is_good is not None")
    found = on.window.run(f"answer = [{address}.is_good, {address}.text]")
    on.window.run("bpy.context.scene.farmhand.server = 'CUSTOM'")
    on.picture(f"own-server-{'good' if is_good else 'wrong'}-{on.version}")
    assert found[0] is is_good
    assert ("accepts the key" in found[1]) is is_good


def test_without_a_key_the_panel_says_where_to_paste_it(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.server = 'RENDERJUICE'")
    on.picture(f"no-key-{on.version}")
    assert on.window.run("answer = bpy.ops.farmhand.submit.poll()") is False
    on.window.press("farmhand.open_preferences(")
    on.window.wait("len(bpy.context.window_manager.windows) == 2")
    on.window.run("with_window(1, bpy.ops.wm.window_close)")
