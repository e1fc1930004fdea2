"""Scenes that each have one thing wrong; says which findings the dry run makes of them. Runs in a Blender."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import add_on_scenes
import as_program
import broken_files
import broken_simulations
import changing_scenes
import do_in_blender
import making
import node_projects
import stand_ins

Request = dict[str, Any]
"""Members of the SubmitRequest that the scene is checked with."""


def nothing_wrong(_folder: Path) -> None:
    making.plane()


def no_camera(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.camera = None


def no_layer_in_use(_folder: Path) -> None:
    making.plane()
    bpy.context.view_layer.use = False


def endless_range(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.frame_end = 100_000


def movie(_folder: Path) -> None:
    making.plane()
    image = bpy.context.scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"


def unsaved_relative_output(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.render.filepath = "//frames/"


def python_driver(_folder: Path) -> None:
    thing = making.plane()
    thing.driver_add("location", 0).driver.expression = "__import__('math').pi"


def muted_python_driver(_folder: Path) -> None:
    python_driver(_folder)
    bpy.context.object.animation_data.drivers[0].mute = True


def script_at_start(_folder: Path) -> None:
    making.plane()
    bpy.data.texts.new("rig_ui.py").use_module = True


def stereo(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.render.use_multiview = True


def layer_and_camera_unknown(_folder: Path) -> Request:
    making.plane()
    return {"camera": "Nobody", "view_layer": "Nowhere"}


def camera_is_a_mesh(_folder: Path) -> Request:
    making.plane()
    return {"camera": "Plane"}


def camera_that_was_deleted(_folder: Path) -> Request:
    making.plane()
    bpy.data.objects.new("Gone", bpy.data.cameras.new("Gone")).use_fake_user = True
    return {"camera": "Gone"}


def camera_of_a_collection(_folder: Path) -> Request:
    making.plane()
    thing = bpy.data.objects.new("Rig", bpy.data.cameras.new("Rig"))
    bpy.data.collections.new("Rigs").objects.link(thing)
    return {"camera": "Rig"}


def camera_of_a_marker(_folder: Path) -> None:
    """Blender renders with it, and with the hidden one not (tried)."""
    making.plane()
    scene = bpy.context.scene
    scene.timeline_markers.new("Cut", frame=1).camera = scene.camera
    scene.camera = None


def hidden_camera_of_a_marker(folder: Path) -> None:
    camera_of_a_marker(folder)
    bpy.context.scene.timeline_markers[0].camera.hide_render = True


def nothing_but_a_camera(_folder: Path) -> None:
    thing = making.plane()
    bpy.data.objects.remove(thing)


def foreign_engine(_folder: Path) -> None:
    class Foreign(bpy.types.RenderEngine):
        bl_idname = "FOREIGN_ENGINE"
        bl_label = "Foreign"

    making.plane()
    bpy.utils.register_class(Foreign)
    bpy.context.scene.render.engine = Foreign.bl_idname


def light_of_this_computer(folder: Path) -> Callable[[], None]:
    making.plane()
    lights = bpy.context.preferences.studio_lights
    mine = lights.load(str(making.image_file(folder / "clay.exr")), "MATCAP")
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    shading = bpy.context.scene.display.shading
    shading.light, shading.studio_light = "MATCAP", mine.name
    return lambda: lights.remove(mine)


def light_of_blender(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    bpy.context.scene.display.shading.light = "MATCAP"


def unknown_format(_folder: Path) -> Request:
    making.plane()
    return {"overrides": {"outputFormat": "PAPER"}}


def wrong_output_folder(folder: Path) -> Request:
    making.plane()
    return {"output": f"{folder}/{{nonsense}}"}


def wrong_frames(_folder: Path) -> Request:
    making.plane()
    return {"frames": "all of them"}


def compositor_writes_files(_folder: Path) -> None:
    """Two inputs, one name to a system that ignores case."""
    making.plane()
    node = making.compositor_tree(bpy.context.scene)[0].nodes.new("CompositorNodeOutputFile")
    if hasattr(node, "file_output_items"):
        node.format.media_type = "IMAGE"
        for name in ("mask", "Mask"):
            node.file_output_items.new("RGBA", name)
        return
    node.file_slots.clear()
    for name in ("mask", "Mask"):
        node.file_slots.new(name)


def compositor_without_output(_folder: Path) -> None:
    """Blender renders nothing, and writes the node's file."""
    making.plane()
    tree, out = making.compositor_tree(bpy.context.scene)
    for node in [each for each in tree.nodes if each == out or each.type == "R_LAYERS"]:
        tree.nodes.remove(node)
    picture, file = tree.nodes.new("CompositorNodeImage"), tree.nodes.new("CompositorNodeOutputFile")
    picture.image = bpy.data.images.new("Grey", 8, 8)
    if hasattr(file, "file_output_items"):
        file.file_output_items.new("RGBA", "Grey")
    tree.links.new(picture.outputs[0], file.inputs[0])


def compositor_that_writes_nothing(folder: Path) -> None:
    """There is a render in the compositor, which is muted."""
    compositor_without_output(folder)
    tree = next(_compositors())
    tree.nodes.remove(next(node for node in tree.nodes if node.type == "OUTPUT_FILE"))
    tree.nodes.new("CompositorNodeRLayers").mute = True


def compositor_shows_a_render(folder: Path) -> None:
    """Without any output, Blender writes the render."""
    compositor_without_output(folder)
    next(_compositors()).nodes.new("CompositorNodeRLayers")


def _compositors() -> Iterator[Any]:
    yield from bpy.data.node_groups if bpy.app.version >= (5, 0, 0) else [bpy.context.scene.node_tree]


def freestyle_script(_folder: Path) -> None:
    making.plane()
    scene, layer = bpy.context.scene, bpy.context.view_layer
    scene.render.use_freestyle = layer.use_freestyle = True
    layer.freestyle_settings.mode = "SCRIPT"
    layer.freestyle_settings.modules.new().script = bpy.data.texts.new("style.py")


def path_computed(folder: Path) -> None:
    node_projects.computed_path(folder)


def path_in_script(folder: Path) -> None:
    """An OSL script that names two pictures itself; one of them is a default that the node replaces."""
    node_projects.script_textures(folder)
    file, own = folder / "look" / "paint.osl", making.image_file(folder / "own.png")
    file.write_text(file.read_text().replace("u, v);", f'u, v) * texture("{own}", u, v);'))


SCENES: tuple[Callable[[Path], Any], ...] = (
    nothing_wrong,
    no_camera,
    no_layer_in_use,
    endless_range,
    movie,
    unsaved_relative_output,
    python_driver,
    muted_python_driver,
    script_at_start,
    stereo,
    layer_and_camera_unknown,
    camera_is_a_mesh,
    camera_that_was_deleted,
    camera_of_a_collection,
    camera_of_a_marker,
    hidden_camera_of_a_marker,
    nothing_but_a_camera,
    foreign_engine,
    light_of_this_computer,
    light_of_blender,
    unknown_format,
    wrong_output_folder,
    wrong_frames,
    compositor_writes_files,
    compositor_without_output,
    compositor_that_writes_nothing,
    compositor_shows_a_render,
    *((path_in_script,) if getattr(bpy.app.build_options, "cycles_osl", False) else ()),
    freestyle_script,
    *((path_computed,) if bpy.app.version >= (4, 5, 0) else ()),  # nodes that read files
    *broken_files.SCENES,
    *broken_simulations.SCENES,
    *add_on_scenes.SCENES,
    *changing_scenes.SCENES,
)


def main(folder: Path) -> None:
    answers = {}
    dry_run, request = do_in_blender.part("scene.dry_run"), do_in_blender.part("scene.request.request")
    for make in SCENES:
        place = folder / make.__name__
        place.mkdir()
        made = make(place) or {}
        members, undo = ({}, made) if callable(made) else (made, lambda: None)
        checked = dry_run.dry_run(request.SubmitRequest.from_mapping(members))
        answers[make.__name__] = {
            "codes": sorted({f"{one.severity} {one.code}" for one in checked.findings}),
            "messages": [one.message.replace(f"{place}{os.sep}", "") for one in checked.findings],
            "fixes": [
                [fix.operator, fix.path.replace(str(place), "")] for one in checked.findings for fix in one.fixes
            ],
            "config": checked.render_config,
            "reasons": sorted({line.reason for line in checked.files}),
        }
        undo()
    for ask in stand_ins.CASES:
        answers[ask.__name__] = {"codes": sorted({f"{one.severity} {one.code}" for one in ask(folder)})}
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    as_program.run(main)
