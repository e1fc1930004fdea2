"""Frames that arrive in windows: each scene's own way, in the window that shows it, and through Undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Stage, open_stage

RENDERED = """
picture = bpy.data.images.new("made", 16, 9)
picture.file_format = "PNG"
for number in range(1, {count} + 1):
    picture.filepath_raw = {folder!r} + f"/{name}_{{number:04}}.png"
    picture.save()
bpy.data.images.remove(picture)
"""
FETCHED = """
import time
kept, journals = farmhand("jobs.journal.submission"), farmhand("jobs.journal.journal")
here = kept.FrameState.DOWNLOADED
one = kept.Submission(
    {name!r}, {name!r}, "local", bpy.data.filepath, {scene!r}, {folder!r}, time.time(), time.time(),
    state=kept.State.DONE, stage=kept.Stage.FINISHED, frames_done={count}, frames_total=3,
)
with journals.Journal(live().home.journal) as journal:
    if {name!r} not in journal.ids():
        journal.add(one)
    journal.save_frames(
        kept.FrameRecord(one.id, f"{{number:04}}.png", {folder!r} + f"/{name}_{{number:04}}.png", number, here)
        for number in range(1, {count} + 1)
    )
    journal.save(one)
"""
"""Frames 1 to {count} of a job of three are there, as the courier leaves them."""

TWO_SCENES = """
second = bpy.data.scenes.new("Second")
with_window(0, bpy.ops.wm.window_new_main)
for window, scene in zip(bpy.context.window_manager.windows, bpy.data.scenes):
    window.scene = scene
    scene.sequence_editor_create()
    max(window.screen.areas, key=lambda area: area.width * area.height).type = "IMAGE_EDITOR"
"""
CLOSE = """
while len(bpy.context.window_manager.windows) > 1:
    with_window(-1, bpy.ops.wm.window_close)
show_editor("VIEW_3D")
"""

STRIPS = """
answer = {}
for scene in bpy.data.scenes:
    editor = scene.sequence_editor
    made = () if editor is None else editor.strips if hasattr(editor, "strips") else editor.sequences
    answer[scene.name] = [strip.name for strip in made]
"""

SHOWN = """
spaces = [area.spaces.active for window in bpy.context.window_manager.windows for area in window.screen.areas]
answer = [space.image.name if space.image else "" for space in spaces if space.type == "IMAGE_EDITOR"]
"""

SCULPTING = """
area, window = show_editor("VIEW_3D"), bpy.context.window_manager.windows[0]
region = next(one for one in area.regions if one.type == "WINDOW")
with bpy.context.temp_override(window=window, area=area, region=region):
    levels = bpy.context.object.modifiers.new("levels", "SUBSURF")
    levels.levels = 5
    bpy.ops.object.modifier_apply(modifier=levels.name)
    bpy.ops.object.mode_set(mode="SCULPT")
    bpy.ops.view3d.view_selected()
answer = region.x + region.width // 2, window.height - region.y - region.height // 2
"""
TOOLS = "[tool.bl_idname for window in bpy.context.window_manager.windows for tool in window.modal_operators]"

NODE = "[n.frame_duration for n in farmhand('operators.footage.compositor').tree_of(bpy.data.scenes['Scene']).nodes"
NODE += " if n.type == 'IMAGE']"


@pytest.fixture(scope="module")
def shared(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with open_stage(window_blender, display, profile, tmp_path_factory.mktemp("arriving")) as on:
        yield on


@pytest.fixture
def on(shared: Stage, tmp_path: Path) -> Stage:
    """The shared window, with a new project in it."""
    shared.window.run(CLOSE)
    stage = Stage(shared.window, tmp_path, shared.version, shared.home)
    stage.prepare()
    stage.rendered.mkdir()
    return stage


def arrive(on: Stage, name: str, scene: str, count: int) -> None:
    render(on, name, count)
    fetch(on, name, scene, count)


def render(on: Stage, name: str, count: int) -> None:
    on.window.run(RENDERED.format(folder=str(on.rendered), name=name, count=count))


def fetch(on: Stage, name: str, scene: str, count: int) -> None:
    on.window.run(FETCHED.format(folder=str(on.rendered), name=name, scene=scene, count=count))
    job = f"row.submission.name == {name!r} and row.submission.frames_done == {count}"
    on.window.wait(f"any({job} for row in snapshot().rows)")


@pytest.mark.soak
def test_each_of_two_scenes_gets_its_frames(on: Stage) -> None:
    on.window.run(TWO_SCENES + "for scene in bpy.data.scenes: scene.farmhand.arriving = 'STRIP'")
    arrive(on, "strip a", "Scene", 1)
    arrive(on, "strip b", "Second", 1)
    assert on.window.run(STRIPS) == {"Scene": [], "Scene Edit": ["strip a"], "Second": [], "Second Edit": ["strip b"]}


@pytest.mark.soak
def test_each_of_two_windows_shows_its_scenes_frames(on: Stage) -> None:
    on.window.run(TWO_SCENES + "for scene in bpy.data.scenes: scene.farmhand.arriving = 'IMAGE'")
    arrive(on, "image b", "Second", 1)
    assert on.window.run(SHOWN) == ["", "image b"]
    arrive(on, "image a", "Scene", 1)
    assert on.window.run(SHOWN) == ["image a", "image b"]


@pytest.mark.soak
def test_undo_takes_no_frame_back(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.arriving = 'COMPOSITOR'")
    arrive(on, "node", "Scene", 1)
    arrive(on, "node", "Scene", 3)
    on.window.run("with_window(0, lambda: bpy.ops.ed.undo_push(message='Later'))\nwith_window(0, bpy.ops.ed.undo)")
    assert on.window.run(f"answer = {NODE}") == [3]
    on.window.run("with_window(0, bpy.ops.ed.undo)")
    assert on.window.run(f"answer = {NODE}") == []


def test_the_frames_open_a_window_where_renders_do(on: Stage) -> None:
    arrive(on, "opened", "Scene", 3)
    on.window.run("with_window(0, bpy.ops.farmhand.to_image_editor)")
    on.window.wait("len(bpy.context.window_manager.windows) == 2")
    assert on.window.run(SHOWN) == ["opened"]


def arrives_after_escape(on: Stage, name: str) -> None:
    arrive(on, name, "Scene", 1)
    on.window.wait("live().arrivals.is_file_behind")
    assert on.window.run(f"answer = {NODE}") == []
    on.window.key("Escape")
    assert on.window.wait(NODE) == [1]


def test_nothing_enters_the_file_while_something_is_moved(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.arriving = 'COMPOSITOR'\nbpy.context.object.select_set(True)")
    on.window.move(500, 500)
    on.window.key("g")
    on.window.move(600, 500)
    assert on.window.wait(TOOLS) == ["TRANSFORM_OT_translate"]
    arrives_after_escape(on, "moved")


def test_nothing_enters_the_file_while_blender_renders_it(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.arriving = 'COMPOSITOR'")
    on.window.run("cycles = bpy.context.scene.cycles\ncycles.samples, cycles.use_adaptive_sampling = 100000, False")
    on.window.run("with_window(0, lambda: bpy.ops.render.render('INVOKE_DEFAULT'))")
    on.window.wait("bpy.app.is_job_running('RENDER')")
    arrives_after_escape(on, "rendering")


def test_blender_survives_frames_that_arrive_during_a_stroke(on: Stage) -> None:
    on.window.run("bpy.context.scene.farmhand.arriving = 'COMPOSITOR'")
    render(on, "sculpted", 1)
    x, y = on.window.run(SCULPTING)
    on.window.wait("bpy.context.mode == 'SCULPT'")
    with on.window.dragging((x - 30, y), (x + 30, y)):
        if on.window.run(f"answer = {TOOLS}") != ["SCULPT_OT_brush_stroke"]:
            pytest.skip("this Blender came without brushes")
        fetch(on, "sculpted", "Scene", 1)
        on.window.wait("live().arrivals.is_file_behind")
    assert on.window.wait(NODE) == [1]
    on.window.key("ctrl+z", "ctrl+z", "ctrl+z")
    on.window.wait("bpy.context.mode == 'OBJECT'")
