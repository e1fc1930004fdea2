"""Makes a Blender project (5.3) with variables and a color config of its own, and says what Farmhand makes of its file.

Runs in a Blender: python-with-bpy blender_project.py -- FOLDER CONFIG
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program
import do_in_blender
import making

SETTINGS = """
schema_version = 1
name = "My: Film"
ocio_config = "{project_root}/colors/config.ocio"
[[variables]]
name = "shot"
type = "STRING"
value = "sh/010"
subtype = "NONE"
[[variables]]
name = "bakes"
type = "STRING"
value = "//../bakes"
subtype = "FILEPATH"
[[variables]]
name = "take"
type = "INTEGER"
value = 7
"""


def main(folder: Path) -> None:
    (folder / ".blender_project").mkdir()
    (folder / ".blender_project" / "project.toml").write_text(SETTINGS)
    (folder / "scenes").mkdir()
    blend = str(folder / "scenes" / "scene.blend")
    _make(blend)
    do_in_blender.open_blend(blend)
    scene = bpy.context.scene
    answer = {"theirs": {}, "ours": {}, "config": do_in_blender.part("scene.scan.color_config").in_use()}
    variables = do_in_blender.part("scene.request.project_variables")
    for camera in ("Side", "Camera"):
        size = (scene.render.resolution_x, scene.render.resolution_y)
        known = variables.of_render(scene, camera, size, scene.render.fps)
        answer["ours"][camera] = do_in_blender.part("scene.request.output_paths").pattern(scene, known, "PNG")
    for camera in ("Side", "Camera"):
        scene.camera = bpy.data.objects[camera]
        answer["theirs"][camera] = scene.render.frame_path(frame=1)
    do_in_blender.open_blend(blend)
    answer["scan"] = do_in_blender.scan(blend, [1, 2])
    request = {"frames": "1-2", "output": str(folder / "frames")}
    answer["check"] = do_in_blender.check(blend, request)
    answer["packed"] = do_in_blender.pack(blend, f"{folder}-jobs", {**request, "pack_color_config": True})
    package = Path(answer["packed"]["folder"], "package.blend")
    do_in_blender.open_blend(str(package))
    answer["project"] = bpy.data.project is not None
    answer["node"] = next(one.file_name for one in bpy.data.node_groups["Comp"].nodes if hasattr(one, "file_name"))
    answer["bakes"] = bpy.data.objects["Baked"].modifiers[0].bake_directory
    job = do_in_blender.part("jobs.folder.manifest").read(package.parent)
    answer["paths"] = sorted(entry.path for entry in job)
    (folder / "answer.json").write_text(json.dumps(answer, default=str))


def _make(blend: str) -> None:
    making.plane()
    scene = bpy.context.scene
    scene.camera.name = "Camera"
    side = bpy.data.objects.new("Side", bpy.data.cameras.new("Side"))
    scene.collection.objects.link(side)
    scene.render.filepath = "{project_root}/out/{shot}_{take:###}_{camera_name}_"
    tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
    scene.compositor_effects.new("Comp").node_group = tree
    node: Any = tree.nodes.new("CompositorNodeOutputFile")
    node.directory, node.file_name = "{project_root}/nodes", "{shot}_{camera_name}_{take:###}_"
    node.file_output_items.new("RGBA", "Image")
    layers = tree.nodes.new("CompositorNodeRLayers")
    tree.links.new(layers.outputs["Image"], node.inputs[0])
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.open_mainfile(filepath=blend)
    _bake()
    bpy.ops.wm.save_mainfile()


def _bake() -> None:
    """A bake in a folder that variables name."""
    bpy.ops.mesh.primitive_cube_add()
    thing = bpy.context.object
    thing.name = "Baked"
    group = bpy.data.node_groups.new("Bake", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    names = ("NodeGroupInput", "GeometryNodeBake", "NodeGroupOutput")
    start, bake, end = (group.nodes.new(name) for name in names)
    group.links.new(start.outputs[0], bake.inputs[0])
    group.links.new(bake.outputs[0], end.inputs[0])
    modifier = thing.modifiers.new("Nodes", "NODES")
    modifier.node_group, modifier.bake_target = group, "DISK"
    modifier.bake_directory = "{bakes}/{shot}"
    bpy.ops.wm.save_mainfile()
    bpy.ops.object.geometry_node_bake_single(
        session_uid=thing.session_uid, modifier_name="Nodes", bake_id=modifier.bakes[0].bake_id
    )


if __name__ == "__main__":
    as_program.run(main)
