"""Scenes with what add-ons bring: a node type, a handler, a property. Runs in a Blender."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import making

MODULE = "bl_ext.user_default.shiny"
"""As if the classes and functions below were defined by an installed extension."""


class ShinyNode(bpy.types.ShaderNodeCustomGroup):
    __module__ = MODULE
    bl_idname, bl_label = "ShinyNode", "Shiny"


class ShinyProperties(bpy.types.PropertyGroup):
    __module__ = MODULE
    strength: bpy.props.FloatProperty()


def _each_frame(*_: Any) -> None:
    """A handler."""


_each_frame.__module__ = MODULE


def node_of_an_add_on(_folder: Path) -> None:
    thing = making.plane()
    if not ShinyNode.is_registered:
        bpy.utils.register_class(ShinyNode)  # and never taken away again: 4.2 crashes when it frees such a node then
    thing.data.materials[0].node_tree.nodes.new("ShinyNode")


def node_of_an_add_on_that_is_not_rendered(folder: Path) -> None:
    node_of_an_add_on(folder)
    bpy.data.objects["Plane"].hide_render = True
    bpy.ops.mesh.primitive_cube_add()


def handler_of_an_add_on(_folder: Path) -> Callable[[], None]:
    making.plane()
    bpy.app.handlers.frame_change_pre.append(_each_frame)
    return lambda: bpy.app.handlers.frame_change_pre.remove(_each_frame)


def driver_that_reads_an_add_on(_folder: Path) -> Callable[[], None]:
    thing = making.plane()
    bpy.utils.register_class(ShinyProperties)
    bpy.types.Object.shiny = bpy.props.PointerProperty(type=ShinyProperties)
    _drive(thing, "shiny.strength")

    def undo() -> None:
        del bpy.types.Object.shiny
        bpy.utils.unregister_class(ShinyProperties)

    return undo


def driver_that_reads_what_is_gone(_folder: Path) -> None:
    _drive(making.plane(), "shiny.strength")


def driver_that_reads_a_custom_property(_folder: Path) -> None:
    thing = making.plane()
    thing["strength"] = 2.0
    _drive(thing, '["strength"]')


def driver_that_reads_cycles(_folder: Path) -> None:
    thing = making.plane()
    _drive(thing, "cycles.motion_steps")


def _drive(thing: Any, path: str) -> None:
    driver = thing.driver_add("location", 0).driver
    driver.expression = "value"
    variable = driver.variables.new()
    variable.name = "value"
    variable.targets[0].id, variable.targets[0].data_path = thing, path


SCENES = (
    node_of_an_add_on,
    node_of_an_add_on_that_is_not_rendered,
    handler_of_an_add_on,
    driver_that_reads_an_add_on,
    driver_that_reads_what_is_gone,
    driver_that_reads_a_custom_property,
    driver_that_reads_cycles,
)
