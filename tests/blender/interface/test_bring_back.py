"""Finished frames into the open file: Image Editor, compositor, camera. The strip is in test_strip.py."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from footage import FRAMES, compositor_nodes


@pytest.fixture
def compositor(part: Callable[[str], ModuleType]) -> Callable[[], Any]:
    """The compositor tree of the scene that is open."""
    import bpy

    return lambda: part("operators.footage.compositor").tree_of(bpy.context.scene)


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
    assert [link.from_node.type for node in ends for link in node.inputs[0].links] in (
        ["R_LAYERS"],
        ["REROUTE"],
        ["GROUP_INPUT"],
    )


def test_an_effect_that_is_there_keeps_its_nodes(arrive: Callable[..., Any]) -> None:
    import bpy

    scene = bpy.context.scene
    if not hasattr(scene, "compositor_effects"):
        pytest.skip("this Blender has no effects")
    for name in (names := ("First", "Second")):
        effect = scene.compositor_effects.new(name)
        effect.node_group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    scene.compositor_effects.active = scene.compositor_effects["First"]
    arrive(FRAMES)
    bpy.ops.farmhand.to_compositor()
    assert [(one.name, one.node_group.name) for one in scene.compositor_effects] == [(name, name) for name in names]
    assert [len(one.node_group.nodes) for one in scene.compositor_effects] == [2, 0]


def test_a_new_compositor_renders_its_own_scene(part: Callable[..., Any], project: Path) -> None:
    import bpy

    other = bpy.data.scenes.new("Other")
    tree = part("operators.footage.compositor").tree_of(other)
    # An effect is given the render of its scene.
    own = [] if hasattr(other, "compositor_effects") else [other]
    assert [node.scene for node in tree.nodes if node.type == "R_LAYERS"] == own


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
    users = [("CAMERA", one.image_user) for one in scene.camera.data.background_images]
    users += [("COMPOSITOR", node) for node in compositor_nodes(scene) if node.type == "IMAGE"]
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


def test_what_arrives_unasked_leaves_a_viewer_to_the_users_work(
    arrive: Callable[..., Any], compositor: Callable[[], Any]
) -> None:
    import bpy

    bpy.context.scene.farmhand.arriving = "COMPOSITOR"
    tree = compositor()
    blur = tree.nodes.new("CompositorNodeBlur")
    viewer = next((node for node in tree.nodes if node.type == "VIEWER"), None) or tree.nodes.new(
        "CompositorNodeViewer"
    )
    tree.links.new(blur.outputs[0], viewer.inputs[0])
    arrive(FRAMES, arrive(()))
    assert image_node(tree) is not None
    assert viewed(tree) == [blur]
    bpy.ops.farmhand.to_compositor()
    assert viewed(tree) == [image_node(tree)]


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
    assert [level for level, text in part("ui.state").current().reports.notes if "no camera" in text] == ["ERROR"]


def test_a_scene_that_was_renamed_meanwhile_is_spoken_of(arrive: Callable[..., Any], part: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.farmhand.arriving = "CAMERA"
    one = arrive(())
    bpy.context.scene.name = "Renamed"
    arrive(FRAMES, one)
    assert shown_ranges() == {}
    said = [level for level, text in part("ui.state").current().reports.notes if "no scene “Scene”" in text]
    assert said == ["WARNING"]


@pytest.mark.parametrize("name", ["to_sequencer", "to_image_editor", "to_compositor", "to_camera"])
def test_taking_frames_in_can_be_undone(installed_extension: ModuleType, name: str) -> None:
    import bpy

    assert "UNDO" in getattr(bpy.types, f"FARMHAND_OT_{name}").bl_options
