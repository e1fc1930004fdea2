"""Makes a scene whose stripes each glow with one picture, some of which no Blender can read: run by a Python with bpy.

unreadable_scenes.py -- FOLDER

Writes FOLDER/scene.blend, FOLDER/good.blend (where all can be read) and FOLDER/stripes.json, the pictures from top to
bottom, by the name that a report gives them: {} stands for the frame's number.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import bpy

FORMATS = {
    "plain.png": "PNG", "plain.jpg": "JPEG", "plain.exr": "OPEN_EXR", "plain.tga": "TARGA", "plain.tif": "TIFF",
    "plain.hdr": "HDR", "plain.bmp": "BMP", "plain.webp": "WEBP", "plain.jp2": "JPEG2000", "plain.dpx": "DPX",
}  # fmt: skip
STRIPE = 4


def picture(path: Path, kind: str = "PNG") -> Path:
    image = bpy.data.images.new("Made", 64, 64)
    image.generated_color = (0.1, 0.6, 0.1, 1)
    image.pixels.foreach_set([(number * 37 % 101) / 101 if number % 4 == 1 else 0.1 for number in range(64 * 64 * 4)])
    image.filepath_raw, image.file_format = str(path), kind
    image.save()
    bpy.data.images.remove(image)
    return path


def broken(folder: Path) -> dict[str, Path]:
    """Files that were pictures once, or never."""
    there = {name: folder / name for name in ("stub.png", "empty.png", "cut.png", "half.png", "other.png")}
    there["stub.png"].write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    there["empty.png"].write_bytes(b"")
    whole = (folder / "plain.png").read_bytes()
    there["cut.png"].write_bytes(whole[:20])
    there["half.png"].write_bytes(whole[: len(whole) // 2])
    shutil.copy(folder / "plain.jpg", there["other.png"])
    return there


def image_of(path: Path, source: str = "FILE") -> Any:
    image = bpy.data.images.new(path.name, 8, 8)
    image.source, image.filepath = source, str(path)
    return image


def stripe(place: int, image: Any, tile: int = 0) -> Any:
    """A glowing plane; the texture's node."""
    bpy.ops.mesh.primitive_plane_add(size=1, location=(0, -place * STRIPE / 32, 0))
    thing = bpy.context.object
    thing.scale = (1, STRIPE / 32, 1)
    for corner in thing.data.uv_layers.active.data:
        corner.uv.x += tile
    material = bpy.data.materials.new(image.name)
    if bpy.app.version < (5, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    texture, light, end = (
        tree.nodes.new(f"Shader{name}") for name in ("NodeTexImage", "NodeEmission", "NodeOutputMaterial")
    )
    texture.image = image
    tree.links.new(texture.outputs[0], light.inputs[0])
    tree.links.new(light.outputs[0], end.inputs[0])
    thing.data.materials.append(material)
    return texture


def aside(folder: Path) -> None:
    """Missing pictures that no frame shows."""
    lost = stripe(-40, image_of(folder / "hidden.png"))
    bpy.context.object.hide_render = True
    loose = bpy.context.object.data.materials[0].node_tree.nodes.new("ShaderNodeTexImage")
    loose.image = image_of(folder / "loose.png")
    lost.id_data.nodes.active = lost
    camera = bpy.context.scene.camera.data
    camera.background_images.new().image = image_of(folder / "guide.png")
    bpy.ops.object.empty_add(type="IMAGE", location=(90, 0, 0))
    bpy.context.object.data = image_of(folder / "reference.png")
    unused = bpy.data.materials.new("Unused")
    unused.use_fake_user = True
    if bpy.app.version < (5, 0):
        unused.use_nodes = True
    unused.node_tree.nodes.new("ShaderNodeTexImage").image = image_of(folder / "unused.png")


def new_scene() -> Any:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.view_settings.view_transform = "Standard"
    scene.render.dither_intensity, scene.frame_end = 0, 3
    bpy.ops.object.camera_add()
    scene.camera = bpy.context.object
    scene.camera.data.type = "ORTHO"
    return scene


def frame_up(scene: Any, stripes: list[str]) -> None:
    height = len(stripes) * STRIPE
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 32, height, 100
    scene.camera.location = (0, -(len(stripes) - 1) / 2 * STRIPE / 32, 5)
    scene.camera.data.ortho_scale = max(1, height / 32)


def save(folder: Path, name: str) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / name))
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile()


def add_many(folder: Path, stripes: list[str]) -> None:
    """A sequence without its second file, tiles of which one is missing, and pictures inside the file."""
    for number in (1, 2, 3):
        picture(folder / f"seq_{number:04d}.png")
    texture = stripe(len(stripes), image_of(folder / "seq_0001.png", "SEQUENCE"))
    texture.image_user.frame_duration, texture.image_user.use_auto_refresh = 3, True
    stripes.append("seq_{:04d}.png")
    tiled = bpy.data.images.load(str(picture(folder / "tile.1001.png")))
    tiled.source, tiled.filepath = "TILED", str(folder / "tile.<UDIM>.png")
    tiled.tiles.new(1002)
    for tile in (0, 1):
        stripe(len(stripes), tiled, tile)
        stripes.append(f"tile.{1001 + tile}.png")
    for name in ("packed.png", "packed stub.png"):
        made = picture(folder / name)
        if "stub" in name:
            made.write_text("not a picture")
        image = bpy.data.images.load(str(made))
        image.pack()
        stripe(len(stripes), image)
        stripes.append(name)


def films(folder: Path) -> list[Path]:
    """A whole one and one whose end is missing."""
    scene, whole, cut = new_scene(), folder / "film.mkv", folder / "cut film.mkv"
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 48, 100
    if bpy.app.version >= (5, 0):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format, render.ffmpeg.format = "FFMPEG", "MKV"
    render.filepath, render.use_file_extension = str(whole), False
    bpy.ops.render.render(animation=True)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return [whole, cut]


def main(folder: Path) -> None:
    movies = films(folder)
    scene, good = new_scene(), []
    for name, kind in FORMATS.items():
        stripe(len(good), image_of(picture(folder / name, kind)))
        good.append(name)
    frame_up(scene, good)
    save(folder, "good.blend")
    scene, stripes = new_scene(), list(FORMATS)
    files = [folder / name for name in FORMATS] + [*broken(folder).values(), folder / "missing.png"]
    stripes = [file.name for file in files]
    for place, file in enumerate(files):
        stripe(place, image_of(file))
    add_many(folder, stripes)
    for movie in movies:
        texture = stripe(len(stripes), image_of(movie, "MOVIE"))
        texture.image_user.frame_duration, texture.image_user.use_auto_refresh = 3, True
        stripes.append(movie.name)
    aside(folder)
    frame_up(scene, stripes)
    save(folder, "scene.blend")
    (folder / "seq_0002.png").unlink()
    (folder / "tile.1002.png").unlink(missing_ok=True)
    (folder / "stripes.json").write_text(json.dumps({"scene": stripes, "good": good}))


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]))
    sys.stdout.flush()
    os._exit(0)
