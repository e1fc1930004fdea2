"""Makes .blend files of which Blender loses something when it opens them: run by a Blender, or by a Python with bpy.

loss_scenes.py -- FOLDER
"""

import os
import sys
from pathlib import Path
from typing import Any

import bpy


class Engine(bpy.types.RenderEngine):
    """An add-on's."""

    bl_idname, bl_label = "SHINY", "Shiny"


class ShaderNode(bpy.types.ShaderNodeCustomGroup):
    bl_idname, bl_label = "ShinyNode", "Shiny Node"


class Properties(bpy.types.PropertyGroup):
    strength: bpy.props.FloatProperty(default=1)  # type: ignore[valid-type]


CLASSES = (Engine, ShaderNode, Properties)


def new_scene() -> Any:
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x = scene.render.resolution_y = 24
    scene.frame_end = 1
    return scene


def save(folder: Path, name: str) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{name}.blend"))


def main(folder: Path) -> None:
    for each in CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Object.shiny = bpy.props.PointerProperty(type=Properties)
    new_scene()
    save(folder, "whole")
    new_scene().render.engine = "SHINY"
    save(folder, "engine")
    new_scene()
    bpy.data.materials["Material"].node_tree.nodes.new("ShinyNode")
    save(folder, "node")
    new_scene()
    cube = bpy.data.objects["Cube"]
    cube.shiny.strength = 3
    driver = cube.driver_add("location", 0).driver
    variable = driver.variables.new()
    variable.name = "a"
    variable.targets[0].id, variable.targets[0].data_path = cube, "shiny.strength"
    driver.expression = "a * 2"
    save(folder, "driver")
    if os.environ.get("OCIO"):
        scene = new_scene()
        scene.view_settings.view_transform = "Show Look"
        save(folder, "color")


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]))
    sys.stdout.flush()
    os._exit(0)
