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

    def put(numbers: tuple[int, ...], one: Any = None, suffix: str = "png") -> Any:
        kept, journals = part("courier.submission"), part("courier.journal")
        if one is None:
            one = add(state="active", stage="pull", blend=str(project / "shot.blend"), frames_total=6)
        with journals.Journal(home / "journal.sqlite3") as journal:
            journal.save_frames(
                kept.FrameRecord(
                    one.id,
                    f"{number:04}.{suffix}",
                    str(project / "render" / f"shot_{number:04}.{suffix}"),
                    number,
                    kept.FrameState.HERE,
                )
                for number in numbers
            )
            journal.save(one.with_(frames_done=len(numbers)))
        part("operators.watch").tick()
        return one

    return put


@pytest.fixture
def compositor(part: Callable[[str], ModuleType]) -> Callable[[], Any]:
    """The compositor tree of the scene that is open."""
    import bpy

    return lambda: part("operators.bring_back.compositor").tree_of(bpy.context.scene)


def image_node(tree: Any) -> Any:
    return next(node for node in tree.nodes if node.type == "IMAGE")


def viewed(tree: Any) -> list[Any]:
    """The nodes that the Viewers show."""
    viewers = [node for node in tree.nodes if node.type == "VIEWER"]
    return [link.from_node for viewer in viewers for link in viewer.inputs[0].links]


def open_editor(kind: str = "IMAGE_EDITOR") -> Any:
    """Turn the 3D view into another editor."""
    import bpy

    area = next(area for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")
    area.ui_type = kind
    return area


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


def test_a_strip_stays_where_the_artist_moved_it(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((6, 7))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    strip.frame_start = 100
    arrive((6, 7, 8, 9), one)
    assert (strip.frame_final_start, strip.frame_final_end) == (100, 104)
    arrive((4, 6, 7, 8, 9), one)  # two more before: frame 6 still lies at 100
    assert (strip.frame_final_start, strip.frame_final_end) == (98, 104)
    assert names_of(strip) == [f"shot_{number:04}.png" for number in (4, 4, 6, 7, 8, 9)]


def test_ends_that_were_trimmed_stay_trimmed(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((6, 7, 8, 9))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    strip.frame_final_start, strip.frame_final_end = 7, 9
    arrive((5, 6, 7, 8, 9, 10), one)
    assert (strip.frame_start, strip.frame_final_start, strip.frame_final_end) == (5, 7, 9)


def test_of_a_strip_that_was_cut_the_last_part_grows(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((5, 6, 7, 8))
    bpy.ops.farmhand.to_sequencer()
    edit = bpy.data.scenes["Scene Edit"]
    strips(edit)[0].split(frame=7, split_method="SOFT")
    arrive((5, 6, 7, 8, 9, 10), one)
    bpy.ops.farmhand.to_sequencer()
    parts = sorted((strip.frame_final_start, strip.frame_final_end) for strip in strips(edit))
    assert parts == [(5, 7), (7, 11)]


def test_a_frame_that_the_artist_holds_is_held_until_the_next_ones_come(arrive: Callable[..., Any]) -> None:
    import bpy

    one = arrive((5, 6))
    bpy.ops.farmhand.to_sequencer()
    strip = strips(bpy.data.scenes["Scene Edit"])[0]
    strip.frame_final_end = 10
    arrive((5, 6, 7), one)
    assert (strip.frame_final_start, strip.frame_final_end) == (5, 10)
    arrive(range(5, 13), one)
    assert (strip.frame_final_start, strip.frame_final_end) == (5, 13)


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


def test_a_sequence_is_one_from_its_first_frame_on(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES[:1])
    bpy.ops.farmhand.to_image_editor()
    assert bpy.data.images["shot_010"].source == "SEQUENCE"


def test_a_job_of_one_frame_is_a_still(arrive: Callable[..., Any], add: Callable[..., Any], project: Path) -> None:
    import bpy

    arrive((5,), add(blend=str(project / "shot.blend"), frames_total=1))
    bpy.ops.farmhand.to_image_editor()
    assert bpy.data.images["shot_010"].source == "FILE"


def test_an_image_of_the_artist_stays_as_it_is(arrive: Callable[..., Any], project: Path) -> None:
    import bpy

    arrive(FRAMES)
    theirs = bpy.data.images.load(str(project / "render" / "shot_0005.png"))
    same_name = bpy.data.images.new("shot_010", 4, 4)
    bpy.ops.farmhand.to_image_editor()
    assert (theirs.name, theirs.source, same_name.name) == ("shot_0005.png", "FILE", "shot_010")


def test_asked_twice_there_is_one_image(arrive: Callable[..., Any]) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_image_editor()
    bpy.ops.farmhand.to_camera()
    assert [one.name for one in bpy.data.images if one.name.startswith("shot_")] == ["shot_010"]


def test_an_open_image_editor_shows_the_frames(arrive: Callable[..., Any]) -> None:
    import bpy

    space = open_editor().spaces.active
    arrive(FRAMES)
    bpy.ops.farmhand.to_image_editor()
    assert (space.image.name, space.image_user.frame_start, space.image_user.frame_duration) == ("shot_010", 5, 4)


def test_without_an_image_editor_the_largest_area_becomes_one(arrive: Callable[..., Any]) -> None:
    import bpy

    bpy.context.preferences.view.render_display_type = "AREA"
    area = open_editor("UV")
    arrive(FRAMES)
    bpy.ops.farmhand.to_image_editor()
    assert (area.ui_type, area.spaces.active.image.name) == ("IMAGE_EDITOR", "shot_010")


def test_no_editor_opens_where_renders_open_none(arrive: Callable[..., Any]) -> None:
    import bpy

    bpy.context.preferences.view.render_display_type = "NONE"
    arrive(FRAMES)
    before = [area.ui_type for area in bpy.context.window.screen.areas]
    bpy.ops.farmhand.to_image_editor()
    assert [area.ui_type for area in bpy.context.window.screen.areas] == before
    assert "shot_010" in bpy.data.images


def test_the_compositor_node_shows_frame_n_at_frame_n(
    arrive: Callable[..., Any], compositor: Callable[[], Any]
) -> None:
    import bpy

    arrive(FRAMES)
    assert bpy.ops.farmhand.to_compositor() == {"FINISHED"}
    node = image_node(compositor())
    assert (node.frame_start, node.frame_offset, node.frame_duration) == (5, 4, 4)


def test_the_compositor_still_renders_what_it_rendered(
    arrive: Callable[..., Any], compositor: Callable[[], Any]
) -> None:
    import bpy

    arrive(FRAMES)
    bpy.ops.farmhand.to_compositor()
    ends = [node for node in compositor().nodes if node.type in ("COMPOSITE", "GROUP_OUTPUT")]
    assert [link.from_node.type for node in ends for link in node.inputs[0].links] in (["R_LAYERS"], ["REROUTE"])


def test_a_new_compositor_renders_its_own_scene(part: Callable[..., Any], project: Path) -> None:
    import bpy

    other = bpy.data.scenes.new("Other")
    tree = part("operators.bring_back.compositor").tree_of(other)
    assert [node.scene for node in tree.nodes if node.type == "R_LAYERS"] == [other]


def test_the_viewer_shows_what_came_last(arrive: Callable[..., Any], compositor: Callable[[], Any]) -> None:
    import bpy

    arrive(FRAMES[:2])
    bpy.ops.farmhand.to_compositor()
    first = viewed(compositor())
    arrive(FRAMES)
    bpy.ops.farmhand.to_compositor()
    second = viewed(compositor())
    assert [[node.type for node in nodes] for nodes in (first, second)] == [["IMAGE"], ["IMAGE"]]
    assert first != second
    assert first[0].image != second[0].image


@pytest.mark.parametrize("is_composited", [False, True])
def test_the_node_of_a_multilayer_file_has_its_passes(
    arrive: Callable[..., Any], project: Path, compositor: Callable[[], Any], is_composited: bool
) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.render.resolution_percentage = "CYCLES", 1, 2
    scene.cycles.use_denoising = False
    scene.view_layers[0].name = "Fore 'ground'" if is_composited else "Foreground"
    scene.view_layers[0].use_pass_z = scene.view_layers[0].use_pass_normal = True
    if is_composited:
        compositor()
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.filepath = str(project / "render" / "shot_0005.exr")
    bpy.ops.render.render(write_still=True)
    scene.view_layers[0].name = "Renamed since"
    arrive((5,), suffix="exr")
    bpy.ops.farmhand.to_compositor()
    tree = compositor()
    found = {socket.name for socket in image_node(tree).outputs if socket.enabled}
    assert found == {"Combined", "Alpha", "Depth", "Normal"}
    assert [node.type for node in viewed(tree)] == ["IMAGE"]


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


def shown_ranges() -> dict[str, tuple[int, int, int]]:
    """Start, offset and duration in the editor, the compositor and the camera, wherever the frames are."""
    import bpy

    scene = bpy.context.scene
    tree = scene.compositing_node_group if hasattr(scene, "compositing_node_group") else scene.node_tree
    users = [("CAMERA", one.image_user) for one in scene.camera.data.background_images]
    users += [("COMPOSITOR", node) for node in (tree.nodes if tree else ()) if node.type == "IMAGE"]
    for area in bpy.context.window.screen.areas:
        if area.ui_type == "IMAGE_EDITOR" and area.spaces.active.image is not None:
            users.append(("IMAGE", area.spaces.active.image_user))
    return {name: (user.frame_start, user.frame_offset, user.frame_duration) for name, user in users}


@pytest.mark.parametrize("where", ["IMAGE", "COMPOSITOR", "CAMERA"])
def test_a_scene_that_asks_for_it_shows_the_frames_as_they_arrive(arrive: Callable[..., Any], where: str) -> None:
    import bpy

    open_editor()
    bpy.context.scene.farmhand.arriving = where
    one = arrive(())
    arrive(FRAMES[2:3], one)
    assert shown_ranges() == {where: (7, 6, 1)}
    arrive(FRAMES, one)
    assert shown_ranges() == {where: (5, 4, 4)}


def test_frames_that_were_moved_in_time_stay_there(arrive: Callable[..., Any], compositor: Callable[[], Any]) -> None:
    import bpy

    one = arrive(FRAMES[:2])
    bpy.ops.farmhand.to_compositor()
    image_node(compositor()).frame_start = 101
    arrive(FRAMES, one)
    assert shown_ranges() == {"COMPOSITOR": (101, 4, 2)}


def test_frames_that_came_while_the_file_was_closed_are_shown_when_it_is_opened(
    arrive: Callable[..., Any], project: Path
) -> None:
    import bpy

    one = arrive(FRAMES[:2])
    bpy.ops.farmhand.to_compositor()
    bpy.ops.farmhand.to_camera()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    arrive(FRAMES, one)
    bpy.ops.wm.open_mainfile(filepath=str(project / "shot.blend"))
    assert shown_ranges() == {"CAMERA": (5, 4, 4), "COMPOSITOR": (5, 4, 4)}


def test_a_file_of_another_job_gets_nothing(arrive: Callable[..., Any], project: Path) -> None:
    import bpy

    bpy.context.scene.farmhand.arriving = "CAMERA"
    bpy.ops.wm.save_as_mainfile(filepath=str(project / "other.blend"))
    arrive(FRAMES, arrive(()))
    assert shown_ranges() == {}
    assert [image.name for image in bpy.data.images if image.source != "VIEWER"] == []


def test_frames_that_cannot_be_shown_are_spoken_of(arrive: Callable[..., Any], part: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.farmhand.arriving = "CAMERA"
    bpy.context.scene.camera = None
    arrive(FRAMES, arrive(()))
    assert [level for level, text in part("live").current().notes if "no camera" in text] == ["ERROR"]


@pytest.mark.parametrize("name", ["to_sequencer", "to_image_editor", "to_compositor", "to_camera"])
def test_taking_frames_in_can_be_undone(installed_extension: ModuleType, name: str) -> None:
    import bpy

    assert "UNDO" in getattr(bpy.types, f"FARMHAND_OT_{name}").bl_options
