"""What the projects of the scan's tests are made with. Runs in a Blender."""

from __future__ import annotations

import shutil
import struct
import time
import wave
from pathlib import Path
from typing import Any

import bpy

FRAMES = (3, 5)
_BEFORE_5_1 = {
    "right_handle": "frame_final_end",
    "content_trim_start": "animation_offset_start",
    "content_start": "frame_start",
    "left_handle_offset": "frame_offset_start",
}


def image_file(path: Path, shade: float = 0.5, size: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = bpy.data.images.new("made", size, size)
    image.pixels = [value for place in range(size * size) for value in (shade, place / (size * size), 1 - shade, 1.0)]
    image.filepath_raw = str(path)
    image.file_format = "OPEN_EXR" if path.suffix == ".exr" else "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def plane() -> Any:
    """A new scene: a plane with a material that fills the frame."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 2
    scene.cycles.use_denoising = False
    scene.render.resolution_x = scene.render.resolution_y = 24
    scene.frame_start, scene.frame_end = FRAMES
    bpy.ops.mesh.primitive_plane_add(size=4)
    thing = bpy.context.object
    material = bpy.data.materials.new("Paint")
    use_nodes(material)
    thing.data.materials.append(material)
    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene.camera = bpy.context.object
    bpy.ops.object.light_add(type="SUN", location=(0, 0, 4))
    bpy.context.object.data.energy = 3
    bpy.context.view_layer.objects.active = thing
    return thing


def geometry_group(thing: Any, name: str) -> tuple[Any, Any, Any]:
    """A geometry nodes modifier with a new group; the group, its input and its output."""
    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    thing.modifiers.new(name, "NODES").node_group = group
    return group, group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")


def compositor_tree(scene: Any) -> tuple[Any, Any]:
    """A new compositor of the scene, and the node whose input becomes the picture."""
    if not hasattr(scene, "compositor_effects") and not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        return scene.node_tree, next(node for node in scene.node_tree.nodes if node.type == "COMPOSITE")
    tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    if hasattr(scene, "compositor_effects"):
        scene.compositor_effects.new("Comp").node_group = tree
    else:
        scene.compositing_node_group = tree
    return tree, tree.nodes.new("NodeGroupOutput")


def set_time(strip: Any, **times: float) -> None:
    """Set where a strip is in time, by the names of 5.1."""
    for name, frame in times.items():
        setattr(strip, name if hasattr(strip, name) else _BEFORE_5_1[name], frame)


def use_nodes(block: Any) -> Any:
    """The nodes of a material, world or light. From 5.0 on it always has some, and asking for them warns."""
    if not block.node_tree:
        block.use_nodes = True
    return block.node_tree


def bakes_fluids() -> bool:
    """Mantaflow fails in a background Blender before 5.2, and in every bpy module."""
    return bool(bpy.app.binary_path) and bpy.app.version >= (5, 2, 0)


def give(modifier: Any, socket: Any, value: Any) -> None:
    """Set an input of a geometry nodes modifier."""
    if hasattr(modifier, "properties"):  # 5.2
        getattr(modifier.properties.inputs, socket.identifier).value = value
    else:
        modifier[socket.identifier] = value


def bake_nodes(thing: Any, folder: Path, still: bool = True) -> None:
    """Bake the first modifier's nodes into the folder; the .blend must have been saved."""
    modifier = thing.modifiers[0]
    if hasattr(modifier, "bake_target"):
        modifier.bake_target = "DISK"
    bpy.context.view_layer.update()
    modifier.bake_directory = str(folder)
    if still:
        modifier.bakes[0].bake_mode = "STILL"
    bpy.ops.object.geometry_node_bake_single(
        session_uid=thing.session_uid, modifier_name=modifier.name, bake_id=modifier.bakes[0].bake_id
    )


def bake_node(group: Any) -> Any:
    node = group.nodes.new("GeometryNodeBake")
    if not len(node.bake_items):  # 5.0 starts without any
        node.bake_items.new("GEOMETRY", "Geometry")
    return node


def baked_files(folder: Path, suffix: str, count: int) -> list[Path]:
    """What a bake has written that works in a job; it may end before all are there."""
    waited_until = time.monotonic() + 30
    while len(made := sorted(folder.glob(f"*{suffix}"))) < count and time.monotonic() < waited_until:
        time.sleep(0.02)
    return made


def volume_file(path: Path, size: float) -> Path:
    """A real OpenVDB file: no Blender writes one on demand, but a bake of geometry nodes holds one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    thing = plane()
    save(path.with_suffix(".blend"))
    group, _, out = geometry_group(thing, "Cube")
    cube, bake = group.nodes.new("GeometryNodeVolumeCube"), bake_node(group)
    for axis in "XYZ":
        cube.inputs[f"Resolution {axis}"].default_value = 8
    cube.inputs["Min"].default_value, cube.inputs["Max"].default_value = [-size] * 3, [size] * 3
    cube.inputs["Density"].default_value = 5
    group.links.new(cube.outputs[0], bake.inputs[0])
    group.links.new(bake.outputs[0], out.inputs[0])
    bakes = path.with_suffix("")
    bake_nodes(thing, bakes)
    (made,) = bakes.rglob("*.vdb")
    made.replace(path)
    shutil.rmtree(bakes)
    path.with_suffix(".blend").unlink()
    return path


def paint(thing: Any, image: Any) -> Any:
    """Show the image on the object; returns the texture node."""
    tree = thing.data.materials[0].node_tree
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    shader = next(each for each in tree.nodes if each.type == "BSDF_PRINCIPLED")
    tree.links.new(node.outputs["Color"], shader.inputs["Emission Color"])
    shader.inputs["Emission Strength"].default_value = 1.0
    return node


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # bat, which the scan is compared with, reads compressed files only with a library that it does not bring.
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    return path


def stored_relative(path: Path) -> None:
    bpy.ops.file.make_paths_relative()
    save(path)


def stored_absolute(path: Path) -> None:
    bpy.ops.file.make_paths_absolute()
    save(path)


def movie_file(path: Path, frames: int = 6, size: int = 16) -> Path:
    """Raw RGB in an AVI: any build of Blender reads it and none is asked to encode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row = size * 3
    pictures = [bytes([40 * number, 255 - 40 * number, 90]) * (size * size) for number in range(frames)]

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data

    def listed(name: bytes, data: bytes) -> bytes:
        return chunk(b"LIST", name + data)

    length = row * size
    main = struct.pack("<14I", 40_000, length * 25, 0, 0x10, frames, 0, 1, length, size, size, 0, 0, 0, 0)
    stream = b"vidsDIB " + struct.pack("<10I4H", 0, 0, 0, 1, 25, 0, frames, length, 0, length, 0, 0, size, size)
    layout = struct.pack("<IiiHHIIiiII", 40, size, size, 1, 24, 0, length, 0, 0, 0, 0)
    header = listed(b"hdrl", chunk(b"avih", main) + listed(b"strl", chunk(b"strh", stream) + chunk(b"strf", layout)))
    body = listed(b"movi", b"".join(chunk(b"00db", picture) for picture in pictures))
    index = b"".join(struct.pack("<4s3I", b"00db", 0x10, 4 + n * (length + 8), length) for n in range(frames))
    path.write_bytes(chunk(b"RIFF", b"AVI " + header + body + chunk(b"idx1", index)))
    return path


def strips(scene: Any = None) -> Any:
    """The strips of a sequencer. 4.4 calls them so."""
    editor = (scene or bpy.context.scene).sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def image_strip_of(files: list[Path], where: Any = None, channel: int = 1) -> Any:
    """A strip of these pictures; where: the strips of a meta strip or another scene."""
    where = strips() if where is None else where
    strip = where.new_image(name=files[0].parent.name, filepath=str(files[0]), channel=channel, frame_start=1)
    for file in files[1:]:
        strip.elements.append(file.name)
    return strip


def pictures(folder: Path, count: int) -> list[Path]:
    return [image_file(folder / f"{number:04d}.png", number / 25, 24) for number in range(1, count + 1)]


def sound_file(path: Path) -> Path:
    """A second of silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return path
