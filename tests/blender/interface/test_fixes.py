"""What one click puts right: the scene is changed as the finding asks, and the finding is gone."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import stand_ins


@pytest.fixture
def shot(fresh_file: None, live: Any, tmp_path: Path) -> Path:
    """A saved file of the factory scene."""
    import bpy

    (tmp_path / "project").mkdir()
    bpy.context.scene.render.filepath = "//render/shot_"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "project" / "shot.blend"))
    return tmp_path / "project"


@pytest.fixture
def fixes(live: Any, part: Callable[[str], ModuleType]) -> Callable[[], dict[str, tuple[str, str]]]:
    """Check, and say what each finding offers: code → operator and what it is told."""

    def look(again: bool = True) -> dict[str, tuple[str, str]]:
        import bpy

        if again:
            part("ui.request.checks").check(bpy.context, "ANIMATION")
        first = {one.code: next(iter(one.fixes), None) for one in live.checks.by_scene["Scene"].findings}
        return {code: (fix.operator, fix.path) if fix else ("", "") for code, fix in first.items()}

    return look


def add_picture(path: str) -> Any:
    """An image that the cube's material shows."""
    import bpy

    picture = bpy.data.images.new("rust", 4, 4)
    picture.filepath_raw, picture.source = path, "FILE"
    material = bpy.data.materials.new("Rust")
    if not material.node_tree:
        material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = picture
    shader = next(one for one in material.node_tree.nodes if one.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    bpy.data.objects["Cube"].data.materials.clear()
    bpy.data.objects["Cube"].data.materials.append(material)
    return picture


def write_picture(path: Path) -> None:
    import bpy

    path.parent.mkdir(parents=True, exist_ok=True)
    made = bpy.data.images.new("made", 4, 4)
    made.file_format, made.filepath_raw = "PNG", str(path)
    made.save()
    bpy.data.images.remove(made)


def test_a_missing_file_is_given_its_new_place_relative_as_it_was(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    picture = add_picture("//textures/rust.png")
    write_picture(shot / "found" / "brown.png")
    operator, path = fixes()["missing_file"]
    assert (operator, Path(path)) == ("farmhand.find_file", shot / "textures" / "rust.png")
    assert bpy.ops.farmhand.find_file(path=path, filepath=str(shot / "found" / "brown.png")) == {"FINISHED"}
    assert picture.filepath_raw == "//found/brown.png"
    assert "missing_file" not in fixes(again=False)


def test_a_missing_file_can_be_left_out_and_is_asked_about_again(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    add_picture("//textures/rust.png")
    _, path = fixes()["missing_file"]
    assert bpy.ops.farmhand.leave_out(path=path) == {"FINISHED"}
    assert fixes(again=False)["left_out"] == ("farmhand.leave_nothing_out", "")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    assert "missing_file" not in fixes()
    assert bpy.ops.farmhand.leave_nothing_out() == {"FINISHED"}
    assert "missing_file" in fixes(again=False)
    with pytest.raises(RuntimeError, match="No file is ignored"):
        bpy.ops.farmhand.leave_nothing_out()


def test_an_image_whose_file_is_gone_is_packed_while_blender_has_it(
    shot: Path, fixes: Callable[..., Any], live: Any
) -> None:
    import bpy

    write_picture(shot / "textures" / "rust.png")
    picture = add_picture("//textures/rust.png")
    assert len(picture.pixels) == 64
    (shot / "textures" / "rust.png").unlink()
    _, path = fixes()["missing_file"]
    offered = [fix.operator for one in live.checks.by_scene["Scene"].findings for fix in one.fixes]
    assert "farmhand.pack_image" in offered
    assert bpy.ops.farmhand.pack_image(path=path) == {"FINISHED"}
    assert picture.packed_file is not None and "missing_file" not in fixes(again=False)


def test_images_that_were_painted_are_saved_to_their_files_and_others_packed(
    shot: Path, fixes: Callable[..., Any], live: Any
) -> None:
    import bpy

    write_picture(shot / "textures" / "rust.png")
    picture = add_picture("//textures/rust.png")
    before = (shot / "textures" / "rust.png").read_bytes()
    baked = bpy.data.images.new("baked", 4, 4)
    with pytest.raises(RuntimeError, match="All images are saved"):
        bpy.ops.farmhand.save_images()
    for one in (picture, baked):
        one.pixels.foreach_set([0.25] * 64)
    assert fixes()["image_unsaved"] == ("farmhand.save_images", "")
    assert bpy.ops.farmhand.save_images() == {"FINISHED"}
    assert (shot / "textures" / "rust.png").read_bytes() != before and picture.packed_file is None
    assert baked.packed_file is not None and "image_unsaved" not in fixes(again=False)


def test_the_folder_of_a_cache_is_found_again(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    (shot / "moved").mkdir()
    assert bpy.ops.farmhand.find_folder(path=str(shot / "gone"), directory=str(shot / "nowhere")) == {"CANCELLED"}
    with pytest.raises(RuntimeError):
        bpy.ops.farmhand.find_folder(path=str(shot / "gone"), directory=str(shot / "moved"))


def test_the_object_of_a_simulation_is_selected(shot: Path) -> None:
    import bpy

    bpy.ops.object.select_all(action="SELECT")
    assert bpy.ops.farmhand.select_object(path="Cube") == {"FINISHED"}
    assert [one.name for one in bpy.context.selected_objects] == ["Cube"]
    assert bpy.context.view_layer.objects.active.name == "Cube"
    assert bpy.ops.farmhand.select_object(path="Nobody") == {"CANCELLED"}


def test_of_missing_tiles_the_folder_of_the_chosen_one_counts(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    picture = add_picture("//textures/rust.<UDIM>.png")
    picture.source = "TILED"
    write_picture(shot / "found" / "rust.1001.png")
    _, path = fixes()["missing_file"]
    assert bpy.ops.farmhand.find_file(path=path, filepath=str(shot / "found" / "rust.1001.png")) == {"FINISHED"}
    assert picture.filepath_raw == "//found/rust.<UDIM>.png"
    assert "missing_file" not in fixes(again=False)


def test_of_missing_pictures_of_a_strip_the_folder_of_the_chosen_one_counts(
    shot: Path, fixes: Callable[..., Any]
) -> None:
    import bpy

    editor = bpy.context.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("Plates", str(shot / "plates" / "plate_0001.png"), 1, 1)
    strip.elements.append("plate_0002.png")
    strip.directory = "//plates/"
    for number in (1, 2):
        write_picture(shot / "found" / f"plate_000{number}.png")
    operator, path = fixes()["missing_file"]
    assert (operator, Path(path)) == ("farmhand.find_file", shot / "plates")
    chosen = str(shot / "found" / "plate_0002.png")
    assert bpy.ops.farmhand.find_file(path=path, filepath=chosen) == {"FINISHED"}
    assert strip.directory.rstrip("/") == "//found"
    assert "missing_file" not in fixes(again=False)


def test_a_fix_stands_though_the_check_after_it_cannot_be_made(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.camera = None
    fixes()
    bpy.context.scene.farmhand.use_frames, bpy.context.scene.farmhand.frames = True, "ten"
    with pytest.raises(RuntimeError, match="ten"):  # the error that is reported, not a traceback
        bpy.ops.farmhand.use_camera()
    assert bpy.context.scene.camera.name == "Camera"


def test_a_file_that_is_not_there_either_changes_nothing(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    picture = add_picture("//textures/rust.png")
    _, path = fixes()["missing_file"]
    assert bpy.ops.farmhand.find_file(path=path, filepath=str(shot / "nowhere.png")) == {"CANCELLED"}
    assert picture.filepath_raw == "//textures/rust.png"


def test_a_missing_file_of_a_linked_file_is_to_be_found_there(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    add_picture("//textures/rust.png")
    library = shot / "props.blend"
    bpy.data.libraries.write(str(library), {bpy.data.materials["Rust"]}, path_remap="RELATIVE_ALL")
    bpy.data.objects["Cube"].data.materials.clear()
    bpy.data.materials.remove(bpy.data.materials["Rust"])
    bpy.data.images.remove(bpy.data.images["rust"])
    with bpy.data.libraries.load(str(library), link=True, relative=True) as (_, wanted):
        wanted.materials = ["Rust"]
    bpy.data.objects["Cube"].data.materials.append(bpy.data.materials["Rust"])
    write_picture(shot / "found" / "rust.png")
    _, path = fixes()["missing_file"]
    with pytest.raises(RuntimeError, match=r"referenced by the linked file .*props\.blend"):
        bpy.ops.farmhand.find_file(path=path, filepath=str(shot / "found" / "rust.png"))


def test_the_only_camera_becomes_the_active_one(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.camera = None
    assert fixes()["no_camera"] == ("farmhand.use_camera", "")
    assert bpy.ops.farmhand.use_camera() == {"FINISHED"}
    assert bpy.context.scene.camera.name == "Camera"
    assert "no_camera" not in fixes(again=False)


def test_of_two_cameras_none_is_chosen_for_the_artist(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    bpy.context.scene.camera = None
    bpy.context.collection.objects.link(bpy.data.objects.new("Second", bpy.data.cameras.new("Second")))
    assert fixes()["no_camera"] == ("", "")
    with pytest.raises(RuntimeError, match="does not have exactly one camera"):
        bpy.ops.farmhand.use_camera()


def test_a_movie_becomes_an_image_sequence(shot: Path, fixes: Callable[..., Any]) -> None:
    import bpy

    settings = bpy.context.scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    assert fixes()["movie_output"] == ("farmhand.write_images", "")
    assert bpy.ops.farmhand.write_images() == {"FINISHED"}
    assert settings.file_format == "PNG"
    assert "movie_output" not in fixes(again=False)


def test_a_scene_that_writes_images_needs_no_such_fix(shot: Path) -> None:
    import bpy

    with pytest.raises(RuntimeError, match="already saves images"):
        bpy.ops.farmhand.write_images()


def test_saving_the_file_takes_its_finding_away(
    fresh_file: None, live: Any, fixes: Callable[..., Any], tmp_path: Path
) -> None:
    import bpy

    bpy.context.scene.render.filepath = "//render/shot_"
    assert fixes()["output_needs_saved_file"] == ("wm.save_mainfile", "")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert "output_needs_saved_file" not in fixes(again=False)


def test_what_stops_a_render_is_reported_in_the_language_of_the_interface(
    shot: Path, live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    bpy.context.scene.camera = None
    monkeypatch.setattr(part("operators.submitting.submit"), "rpt_", lambda text: f"auf Deutsch: {text}")
    pressed = stand_ins.Stand(bpy.types.FARMHAND_OT_submit)
    pressed.what = "ANIMATION"
    assert pressed.invoke(bpy.context, None) == {"CANCELLED"}
    assert pressed.said[0].startswith("auf Deutsch: The scene has no active camera")


def test_after_a_fix_the_same_frames_are_checked_as_before(
    shot: Path, live: Any, part: Callable[[str], ModuleType]
) -> None:
    """A dialog that asks about one frame is open meanwhile, and counts what the check found."""
    import bpy

    part("ui.request.checks").check(bpy.context, "FRAME")
    bpy.ops.farmhand.leave_out(path=str(shot / "gone.png"))
    assert len(live.checks.by_scene["Scene"].run.frames) == 1


def test_a_check_is_outdated_once_a_file_is_ignored_no_more(shot: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    checks, scene = part("ui.request.checks"), bpy.context.scene
    scene.farmhand.left_out.add().name = str(shot / "gone.png")
    checked = checks.check(bpy.context, "ANIMATION")
    assert checks.is_current(bpy.context, checked)
    scene.farmhand.left_out.clear()  # as Undo does
    assert not checks.is_current(bpy.context, checked)
