"""Finished frames as a strip in the Video Sequencer."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins
from footage import FRAMES, names_of, set_times, strips, times


def test_a_strip_starts_at_its_first_frame_in_a_scene_of_its_own(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_sequencer() == {"FINISHED"}
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    assert times(strip, "left_handle", "duration") == (5, 4)
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
    assert (*times(strip, "duration"), names_of(strip)[-1]) == (6, "shot_0010.png")


def test_a_frame_that_is_not_here_yet_holds_the_one_before(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive((5, 8))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    assert names_of(strip) == ["shot_0005.png"] * 3 + ["shot_0008.png"]


def test_a_strip_stays_where_the_artist_moved_it(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((6, 7))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    set_times(strip, content_start=100)
    arrive((6, 7, 8, 9), one)
    assert times(strip, "left_handle", "right_handle") == (100, 104)
    arrive((4, 6, 7, 8, 9), one)  # two more before: frame 6 still lies at 100
    assert times(strip, "left_handle", "right_handle") == (98, 104)
    assert names_of(strip) == [f"shot_{number:04}.png" for number in (4, 4, 6, 7, 8, 9)]


def test_ends_that_were_trimmed_stay_trimmed(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((6, 7, 8, 9))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    set_times(strip, left_handle=7, right_handle=9)
    arrive((5, 6, 7, 8, 9, 10), one)
    assert times(strip, "content_start", "left_handle", "right_handle") == (5, 7, 9)


def test_of_a_strip_that_was_cut_the_last_part_grows(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((5, 6, 7, 8))
    bpy.ops.farmhand.to_sequencer()
    edit = bpy.data.scenes["Scene Edit"]
    strips(edit)[0].split(frame=7, split_method="SOFT")
    arrive((5, 6, 7, 8, 9, 10), one)
    bpy.ops.farmhand.to_sequencer()
    parts = sorted(times(strip, "left_handle", "right_handle") for strip in strips(edit))
    assert parts == [(5, 7), (7, 11)]


def test_a_frame_that_the_artist_holds_is_held_until_the_next_ones_come(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((5, 6))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    set_times(strip, right_handle=10)
    arrive((5, 6, 7), one)
    assert times(strip, "left_handle", "right_handle") == (5, 10)
    arrive(range(5, 13), one)
    assert times(strip, "left_handle", "right_handle") == (5, 13)


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


def test_the_strip_is_shown_where_it_is_edited(
    arrive: Callable[..., Any], part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    arrive(FRAMES)
    with pytest.raises(RuntimeError, match="To Video Sequencer first"):
        bpy.ops.farmhand.show_strip()
    bpy.ops.farmhand.to_sequencer()
    module = part("operators.footage.show_strip")
    workspace, window = SimpleNamespace(sequencer_scene=None), SimpleNamespace(scene=bpy.context.scene, workspace=None)
    monkeypatch.setattr(module, "editing_workspace", lambda context: workspace)
    operator = stand_ins.Stand(bpy.types.FARMHAND_OT_show_strip)
    row = part("ui.properties").selected_row(bpy.context)
    operator.act(SimpleNamespace(window=window), row)
    assert window.workspace is workspace
    assert workspace.sequencer_scene.name == "Scene Edit"
    old = SimpleNamespace()  # before Blender 5.0 the sequencer shows the window's scene
    monkeypatch.setattr(module, "editing_workspace", lambda context: old)
    operator.act(SimpleNamespace(window=window), row)
    assert (window.scene.name, window.workspace) == ("Scene Edit", old)


def test_a_strip_in_a_meta_strip_grows_too_and_stays_the_only_one(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive(FRAMES)
    bpy.ops.farmhand.to_sequencer()
    scene = bpy.data.scenes["Scene Edit"]
    strip = strips(scene)[0]
    meta = strips(scene).new_meta("Shots", 3, 1)
    strip.move_to_meta(meta)
    arrive((*FRAMES, 9, 10), one)
    assert names_of(meta.sequences[0] if hasattr(meta, "sequences") else meta.strips[0])[-1] == "shot_0010.png"
    bpy.ops.farmhand.to_sequencer()
    assert [each.name for each in strips(scene)] == ["Shots"]


def test_frames_that_come_by_themselves_leave_the_sequencer_on_its_scene(arrive: Callable[..., Any]) -> None:
    import bpy

    workspace = bpy.context.workspace
    if not hasattr(workspace, "sequencer_scene"):
        pytest.skip("since 5.0")
    edited = bpy.data.scenes.new("Cut")
    workspace.sequencer_scene = edited
    edited["farmhand_scene"] = "Another"
    edited.sequence_editor_create()
    bpy.data.scenes["Scene"].farmhand.arriving = "STRIP"
    arrive(FRAMES)
    assert "Scene Edit" in bpy.data.scenes and workspace.sequencer_scene == edited


def test_frames_of_a_file_that_was_never_saved_do_not_come_into_another(
    fresh_file: None, arrive: Callable[..., Any], add: Callable[..., Any], live: Any
) -> None:
    import bpy

    bpy.ops.wm.read_homefile()
    one = add(state="active", stage="pull", frames_total=6)
    assert one.id in live.picture.unseen
    bpy.ops.wm.read_homefile()
    bpy.data.scenes["Scene"].farmhand.arriving = "STRIP"
    arrive(FRAMES, one)
    assert "Scene Edit" not in bpy.data.scenes
