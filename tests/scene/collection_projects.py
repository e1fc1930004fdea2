"""Projects in which something reads a collection with hidden objects; each answers with the files for frames 3 to 5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import geometry_group, image_file, paint, plane, save


def boolean_collection(folder: Path) -> list[Path]:
    """The cutters are hidden, two collections deep, and paint the hole that they cut."""
    plane_ = plane()
    bpy.data.objects.remove(plane_)
    cube, cutter = _box("Cube", 2.5, folder, "cube"), _box("Cutter", 1.5, folder, "hole")
    cutter.location.z = 1
    modifier = cube.modifiers.new("Cut", "BOOLEAN")
    modifier.operand_type, modifier.collection = "COLLECTION", _hidden(cutter)
    modifier.solver, modifier.material_mode = "EXACT", "TRANSFER"
    save(folder / "scene.blend")
    return [folder / "cube.png", folder / "hole.png"]


def collection_info(folder: Path) -> list[Path]:
    """With Separate Children hidden objects are shown."""
    thing, source = plane(), _box("Leaf", 2, folder, "leaf")
    group, _, out = geometry_group(thing, "Scatter")
    info, move = group.nodes.new("GeometryNodeCollectionInfo"), group.nodes.new("GeometryNodeTransform")
    info.inputs["Collection"].default_value = _hidden(source, deep=False)
    info.inputs["Separate Children"].default_value = True
    group.links.new(info.outputs[0], move.inputs[0])
    group.links.new(move.outputs[0], out.inputs[0])
    save(folder / "scene.blend")
    return [folder / "leaf.png"]


def collection_by_modifier(folder: Path) -> list[Path]:
    """A group's input hands the collection on."""
    thing, source = plane(), _box("Leaf", 2, folder, "leaf")
    group, start, out = geometry_group(thing, "Scatter")
    socket = group.interface.new_socket("Leaves", in_out="INPUT", socket_type="NodeSocketCollection")
    info = group.nodes.new("GeometryNodeCollectionInfo")
    info.inputs["Separate Children"].default_value = True
    group.links.new(start.outputs["Leaves"], info.inputs["Collection"])
    group.links.new(info.outputs[0], out.inputs[0])
    modifier, collection = thing.modifiers[0], _hidden(source, deep=False)
    if hasattr(modifier, "properties"):  # 5.2
        getattr(modifier.properties.inputs, socket.identifier).value = collection
    else:
        modifier[socket.identifier] = collection
    save(folder / "scene.blend")
    return [folder / "leaf.png"]


def shown_and_read_collection(folder: Path) -> list[Path]:
    """The scene shows the collection, its hidden object not; light linking, collisions, fields and wind read others."""
    thing, leaf = plane(), _box("Leaf", 2, folder, "leaf")
    group = bpy.data.collections.new("Shown")
    bpy.context.scene.collection.children.link(group)
    _move(leaf, group)
    leaf.hide_render = True
    made = []
    for name in ("light", "collision", "field", "bodies", "instance"):
        source = _box(name, 0.1, folder, name)
        source.location.x = 50
        made.append(folder / f"{name}.png")
        _reads(name, thing, _hidden(source))
    save(folder / "scene.blend")
    return sorted(made)


def _reads(name: str, thing: Any, collection: Any) -> None:
    scene = bpy.context.scene
    if name == "light":
        thing.light_linking.receiver_collection = collection
    elif name == "collision":
        thing.modifiers.new("Cloth", "CLOTH").collision_settings.collection = collection
    elif name == "field":
        thing.modifiers["Cloth"].settings.effector_weights.collection = collection
    elif name == "bodies":
        bpy.ops.rigidbody.world_add()
        scene.rigidbody_world.collection = collection
    else:
        shown = bpy.data.objects.new("Instance", None)
        shown.instance_type, shown.instance_collection = "COLLECTION", collection
        scene.collection.objects.link(shown)


def _box(name: str, size: float, folder: Path, picture: str) -> Any:
    bpy.ops.mesh.primitive_cube_add(size=size)
    thing = bpy.context.object
    thing.name = name
    material = bpy.data.materials.new(name)
    if not material.node_tree:
        material.use_nodes = True
    thing.data.materials.append(material)
    paint(thing, bpy.data.images.load(str(image_file(folder / f"{picture}.png", len(picture) / 12))))
    return thing


def _hidden(thing: Any, deep: bool = True) -> Any:
    """A collection with the hidden object, right in it or one below."""
    collection = bpy.data.collections.new(f"Of {thing.name}")
    bpy.context.scene.collection.children.link(collection)
    inner = bpy.data.collections.new(f"In {thing.name}") if deep else collection
    if deep:
        collection.children.link(inner)
        inner.hide_render = True
    _move(thing, inner)
    thing.hide_render = True
    return collection


def _move(thing: Any, collection: Any) -> None:
    for other in list(thing.users_collection):
        other.objects.unlink(thing)
    collection.objects.link(thing)
