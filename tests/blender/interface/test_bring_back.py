"""Finished frames into the open file: strip, Image Editor, compositor, camera."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FRAMES = (5, 6, 7, 8)


@pytest.fixture
def project(fresh_file: None, tmp_path: Path) -> Path:
    """A saved file, with four rendered frames beside it."""
    import bpy

    folder = tmp_path / "project"
    (folder / "render").mkdir(parents=True)
    picture = bpy.data.images.new("made", 16, 9)
    picture.file_format = "PNG"
    for number in (*FRAMES, 9, 10):
        picture.filepath_raw = str(folder / "render" / f"shot_{number:04}.png")
        picture.save()
    bpy.data.images.remove(picture)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    return folder


@pytest.fixture
def arrive(part: Callable[[str], ModuleType], home: Path, add: Callable[..., Any], project: Path) -> Callable[..., Any]:
    """Put frames of one submission into the journal, as the courier does."""

    def put(numbers: tuple[int, ...], one: Any = None) -> Any:
        kept, journals = part("courier.submission"), part("courier.journal")
        if one is None:
            one = add(state="active", stage="pull", blend=str(project / "shot.blend"), frames_total=6)
        with journals.Journal(home / "journal.sqlite3") as journal:
            journal.save_frames(
                kept.FrameRecord(
                    one.id,
                    f"{number:04}.png",
                    str(project / "render" / f"shot_{number:04}.png"),
                    number,
                    kept.FrameState.HERE,
                )
                for number in numbers
            )
            journal.save(one.with_(frames_done=len(numbers)))
        part("operators.watch").tick()
        return one

    return put


def strips(scene: Any) -> Any:
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def names_of(strip: Any) -> list[str]:
    return [element.filename for element in strip.elements]


def test_a_strip_starts_at_its_first_frame_in_a_scene_of_its_own(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_sequencer() == {"FINISHED"}
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    assert (strip.frame_final_start, strip.frame_final_duration) == (5, 4)
    assert names_of(strip) == [f"shot_{number:04}.png" for number in FRAMES]


def test_the_rendered_scene_gets_no_strip_that_it_would_render(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_sequencer()
    scene = bpy.data.scenes["Scene"]
    assert scene.sequence_editor is None or not len(strips(scene))


def test_a_strip_remembers_a_relative_path(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_sequencer()
    assert strips(bpy.data.scenes["Scene Edit"])[0].directory.startswith("//render")


def test_a_strip_grows_while_frames_arrive(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive(FRAMES)
    bpy.ops.farmhand.to_sequencer()
    arrive((*FRAMES, 9, 10), one)
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    assert (strip.frame_final_duration, names_of(strip)[-1]) == (6, "shot_0010.png")


def test_a_frame_that_is_not_here_yet_holds_the_one_before(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive((5, 8))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    assert names_of(strip) == ["shot_0005.png"] * 3 + ["shot_0008.png"]


def test_asked_twice_there_is_one_strip(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_sequencer()
    bpy.ops.farmhand.to_sequencer()
    assert len(strips(bpy.data.scenes["Scene Edit"])) == 1


def test_a_scene_that_asks_for_a_strip_gets_it_with_the_first_frame(arrive: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.farmhand.arriving = "STRIP"
    part_of_it = arrive(())
    arrive(FRAMES[:2], part_of_it)
    assert names_of(strips(bpy.data.scenes["Scene Edit"])[0]) == ["shot_0005.png", "shot_0006.png"]


def test_the_image_is_a_sequence_with_a_relative_path(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_image_editor() == {"FINISHED"}
    picture = bpy.data.images["shot_010"]
    assert (picture.source, picture.filepath) == ("SEQUENCE", "//render/shot_0005.png")


def test_the_compositor_node_shows_frame_n_at_frame_n(arrive: Callable[..., Any], part: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_compositor() == {"FINISHED"}
    tree = part("operators.bring_back.compositor").tree_of(bpy.context.scene)
    node = next(node for node in tree.nodes if node.type == "IMAGE")
    assert (node.frame_start, node.frame_offset, node.frame_duration) == (5, 4, 4)


def test_the_compositor_still_renders_what_it_rendered(arrive: Callable[..., Any], part: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_compositor()
    tree = part("operators.bring_back.compositor").tree_of(bpy.context.scene)
    ends = [node for node in tree.nodes if node.type in ("COMPOSITE", "GROUP_OUTPUT")]
    assert [link.from_node.type for node in ends for link in node.inputs[0].links] in (["R_LAYERS"], ["REROUTE"])


def test_the_camera_shows_the_frames_behind_its_view(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_camera() == {"FINISHED"}
    camera = bpy.context.scene.camera.data
    assert camera.show_background_images
    assert [one.image.name for one in camera.background_images] == ["shot_010"]


def test_without_a_camera_there_are_words(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.context.scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.farmhand.to_camera()


@pytest.mark.parametrize("name", ["to_sequencer", "to_image_editor", "to_compositor", "to_camera"])
def test_taking_frames_in_can_be_undone(installed_extension: ModuleType, name: str) -> None:
    import bpy

    assert "UNDO" in getattr(bpy.types, f"FARMHAND_OT_{name}").bl_options
