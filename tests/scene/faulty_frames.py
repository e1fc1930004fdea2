"""Renders frames with Blender's signs of a fault; run by a Blender.

… faulty_frames.py -- FOLDER            writes pictures, and frames.json: [file, the fault in a word, fault colors]
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[2]
VIEWS = (("Standard", "None"), ("AgX", "None"), ("AgX", "AgX - Punchy"), ("Filmic", "None"), ("Raw", "None"))
NEUTRAL = ("Khronos PBR Neutral", "None")
FORMATS = {
    "8.png": ("PNG", "8", ""),
    "16.png": ("PNG", "16", ""),
    "8.tif": ("TIFF", "8", "DEFLATE"),
    "lzw.tif": ("TIFF", "8", "LZW"),
    "packbits.tif": ("TIFF", "8", "PACKBITS"),
    "16.tif": ("TIFF", "16", "DEFLATE"),
    "zip.exr": ("OPEN_EXR", "16", "ZIP"),
    "plain.exr": ("OPEN_EXR", "32", "NONE"),
    "rle.exr": ("OPEN_EXR", "32", "RLE"),
    "pxr24.exr": ("OPEN_EXR", "32", "PXR24"),
}
BY_OPENIMAGEIO = {
    "90.jpg": ("JPEG", "8", ""),
    "lossy.webp": ("WEBP", "8", ""),
    "8.jp2": ("JPEG2000", "8", ""),
    "8.bmp": ("BMP", "8", ""),
    "10.dpx": ("DPX", "10", ""),
    "light.hdr": ("HDR", "32", ""),
    "piz.exr": ("OPEN_EXR", "16", "PIZ"),
    "b44.exr": ("OPEN_EXR", "16", "B44"),
    "dwaa.exr": ("OPEN_EXR", "16", "DWAA"),
    "dwab.exr": ("OPEN_EXR", "32", "DWAB"),
}
"""Formats whose pixels the standard library does not unpack; saved under AgX alone, since each takes a process."""
LIGHT = {
    "pink": (0.5, 0, 0.5),
    "pink under a sky": (0.2, 0.015, 0.5),
    "gray": (0.5, 0.5, 0.5),
    "red": (0.8, 0, 0),
    "lilac": (0.4, 0.2, 0.6),
    "black": (0, 0, 0),
}
frames: list[tuple[str, str, Any]] = []


def measure() -> Any:
    file = ROOT / "scene" / "packing" / "fault_colors.py"
    spec = importlib.util.spec_from_file_location("fault_colors", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scene = bpy.context.scene
    settings, kinds = scene.render.image_settings, set(bpy.data.images.keys())
    settings.file_format, settings.color_mode, settings.color_depth = "TIFF", "RGB", "8"
    found = module.measure(scene)
    assert (settings.file_format, settings.color_mode, settings.color_depth) == ("TIFF", "RGB", "8")
    assert scene.render.dither_intensity == 1.0
    assert set(bpy.data.images.keys()) == kinds
    return found


def lit(color: tuple[float, float, float]) -> None:
    """A plane that shines in this color, over a gray one; half of the frame each."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x = scene.render.resolution_y = 64
    for at, shine in ((-2, color), (2, (0.2, 0.2, 0.2) if any(color) else color)):
        bpy.ops.mesh.primitive_plane_add(size=4, location=(at, 0, 0))
        material = bpy.data.materials.new("Light")
        if material.node_tree is None:
            material.use_nodes = True
        nodes, links = material.node_tree.nodes, material.node_tree.links
        light = nodes.new("ShaderNodeEmission")
        light.inputs[0].default_value = (*shine, 1)
        output = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
        links.new(light.outputs[0], output.inputs[0])
        bpy.context.object.data.materials.append(material)
    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene.camera = bpy.context.object
    bpy.ops.render.render()


def save(folder: Path, name: str, fault: str) -> None:
    scene, is_edit = bpy.context.scene, fault == "Sequencer"
    for view, look in (*VIEWS, NEUTRAL):
        scene.view_settings.view_transform = view
        scene.view_settings.look = look
        colors = measure()
        others = BY_OPENIMAGEIO if (view, look) == ("AgX", "None") else {}
        for suffix, (kind, depth, codec) in {**FORMATS, **others}.items():
            settings = scene.render.image_settings
            settings.file_format, settings.color_mode, settings.color_depth = kind, "RGB", depth
            if codec:
                setattr(settings, "exr_codec" if kind == "OPEN_EXR" else "tiff_codec", codec)
            file = folder / f"{name} {view} {look} {suffix}"
            if not is_edit:
                bpy.data.images["Render Result"].save_render(str(file), scene=scene)
            else:
                scene.render.filepath = str(file)
                bpy.ops.render.render(write_still=True)
            frames.append((file.name, fault, colors))


def edit(folder: Path) -> None:
    """A strip whose picture is missing."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.resolution_x = scene.render.resolution_y = 64
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    image = bpy.data.images.new("Strip", 64, 64)
    image.filepath_raw, image.file_format = str(folder / "strip.png"), "PNG"
    image.save()
    strips.new_image("Strip", str(folder / "strip.png"), 1, 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "edit.blend"))
    (folder / "strip.png").unlink()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "edit.blend"))


def main(folder: Path) -> None:
    for name, color in LIGHT.items():
        lit(color)
        save(folder, name, {"pink": "pink", "pink under a sky": "pink", "black": "black"}.get(name, ""))
    bpy.context.scene.view_settings.view_transform = "False Color"
    false_color = measure()
    edit(folder)
    save(folder, "violet", "Sequencer")
    (folder / "frames.json").write_text(json.dumps({"frames": frames, "false color": false_color}), encoding="utf-8")


main(Path(sys.argv[sys.argv.index("--") + 1]))
sys.stdout.flush()
os._exit(0)
