"""What the projects of the scan's tests are made with.  Runs in a Blender."""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from typing import Any

import bpy

FRAMES = (3, 5)


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
    if not material.node_tree:
        material.use_nodes = True
    thing.data.materials.append(material)
    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene.camera = bpy.context.object
    bpy.ops.object.light_add(type="SUN", location=(0, 0, 4))
    bpy.context.object.data.energy = 3
    bpy.context.view_layer.objects.active = thing
    return thing


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


def sound_file(path: Path) -> Path:
    """A tenth of a second of silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return path
