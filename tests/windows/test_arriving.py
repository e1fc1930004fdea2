"""Frames that arrive in windows: each scene's own way, in the window that shows it, and through Undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Stage, open_stage

ARRIVE = """
import time
kept, journals = farmhand("courier.submission"), farmhand("courier.journal")
frames = {{number: {folder!r} + f"/{name}_{{number:04}}.png" for number in range(1, {count} + 1)}}
picture = bpy.data.images.new("made", 16, 9)
picture.file_format = "PNG"
for picture.filepath_raw in frames.values():
    picture.save()
bpy.data.images.remove(picture)
one = kept.Submission(
    {name!r}, {name!r}, "local", bpy.data.filepath, {scene!r}, {folder!r}, time.time(), time.time(),
    state=kept.State.DONE, stage=kept.Stage.FINISHED, frames_done={count}, frames_total=3,
)
with journals.Journal(live().home.journal) as journal:
    if {name!r} not in journal.ids():
        journal.add(one)
    journal.save_frames(
        kept.FrameRecord(one.id, f"{{number:04}}.png", path, number, kept.FrameState.HERE)
        for number, path in frames.items()
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

NODE = "[n.frame_duration for n in farmhand('operators.bring_back.compositor').tree_of(bpy.data.scenes['Scene']).nodes"
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
    on.window.run(ARRIVE.format(folder=str(on.rendered), name=name, scene=scene, count=count))
    job = f"row.submission.name == {name!r} and row.submission.frames_done == {count}"
    on.window.wait(f"any({job} for row in snapshot().rows)")


def test_each_of_two_scenes_gets_its_frames(on: Stage) -> None:
    on.window.run(TWO_SCENES + "for scene in bpy.data.scenes: scene.farmhand.arriving = 'STRIP'")
    arrive(on, "strip a", "Scene", 1)
    arrive(on, "strip b", "Second", 1)
    assert on.window.run(STRIPS) == {"Scene": [], "Scene Edit": ["strip a"], "Second": [], "Second Edit": ["strip b"]}


def test_each_of_two_windows_shows_its_scenes_frames(on: Stage) -> None:
    on.window.run(TWO_SCENES + "for scene in bpy.data.scenes: scene.farmhand.arriving = 'IMAGE'")
    arrive(on, "image b", "Second", 1)
    assert on.window.run(SHOWN) == ["", "image b"]
    arrive(on, "image a", "Scene", 1)
    assert on.window.run(SHOWN) == ["image a", "image b"]


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
