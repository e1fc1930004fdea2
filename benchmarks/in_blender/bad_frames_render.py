"""Renders the frames that the detector of bad frames is measured on; run by a Python that has bpy.

bad_frames_render.py OUT PART/PARTS SEEDS FORMATS [BLEND …]        .blend files add scenes of others to the made ones

Of each PARTS scenes it renders one, so that several of these share the work. SEEDS and FORMATS are names between
commas, or "" for all.

Writes OUT/SET/KIND-NAME/VIEW-FORMAT.SUFFIX, one picture per view transform and format of each render, and
OUT/SET/KIND-NAME/VIEW.json, the colors that faults have in them. What is there already stays.
SET is "known" or "held out" (no limit was chosen with those), KIND "good" or the fault: "black", "pink", "violet".
"""

import importlib
import importlib.util
import itertools
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bad_frames_dark_scenes
import bad_frames_more_scenes
import bad_frames_pictured_scenes
import bad_frames_scenes
import bad_frames_textured_scenes
import bpy

VIEWS = ("Standard", "AgX", "Filmic", "Khronos PBR Neutral", "Raw")
FORMATS = {
    "PNG 8": ("PNG", "8", ""),
    "PNG 16": ("PNG", "16", ""),
    "TIFF 8": ("TIFF", "8", "DEFLATE"),
    "TIFF 16": ("TIFF", "16", "DEFLATE"),
    "JPEG": ("JPEG", "8", ""),
}
LINEAR = {
    "DPX 10": ("DPX", "10", ""),
    "OpenEXR half": ("OPEN_EXR", "16", "ZIP"),
    "OpenEXR float": ("OPEN_EXR", "32", "ZIP"),
    "OpenEXR PIZ": ("OPEN_EXR", "16", "PIZ"),
    "OpenEXR B44": ("OPEN_EXR", "16", "B44"),
    "OpenEXR DWAA": ("OPEN_EXR", "16", "DWAA"),
}
CODECS = {"TIFF": "tiff_codec", "OPEN_EXR": "exr_codec"}
IN_LIGHT = "OpenEXR float"
"""Tells whether a render is black, so that it is always there."""
REPORT = "report"
"""What a farm's worker reports as unreadable of the frame."""
DONE = "done"
"""Holds the names of the formats."""
SETS: tuple[tuple[str, str, ModuleType], ...] = (
    ("known", "", bad_frames_scenes),
    ("known", "held out ", bad_frames_more_scenes),
    ("known", "new ", bad_frames_more_scenes),
    ("known", "fresh ", bad_frames_more_scenes),
    ("known", "unseen ", bad_frames_more_scenes),
    ("known", "training ", bad_frames_textured_scenes),
    ("known", "last ", bad_frames_textured_scenes),
    ("known", "other ", bad_frames_textured_scenes),
    ("known", "dusk ", bad_frames_dark_scenes),
    ("held out", "next ", bad_frames_pictured_scenes),
    ("held out", "dark ", bad_frames_dark_scenes),
)
"""Where frames go, what their seeds begin with, and what makes them. The limits were chosen with the known ones."""
SUFFIXES = {"PNG": "png", "TIFF": "tif", "JPEG": "jpg", "DPX": "dpx", "OPEN_EXR": "exr"}


def main(out: str, part: str, seeds: str, formats: str, *blends: str) -> None:
    """Render whatever is not there yet."""
    own, parts = (int(number) for number in part.split("/"))
    wanted = set(filter(None, formats.split(","))) or {*FORMATS, *LINEAR}
    for number, (name, make) in enumerate(_work(blends, seeds.split(",") if seeds else [])):
        done = Path(out, name, DONE)
        if number % parts == own and not (done.exists() and wanted <= set(done.read_text().split(","))):
            make()
            _render(Path(out, name), wanted)
            done.write_text(",".join(sorted(wanted)))


def _work(blends: tuple[str, ...], wanted: list[str]) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each scene's folder, and what makes it the open one."""
    for blend in blends:
        for frame in range(8):
            yield f"held out/good-{Path(blend).stem}{frame}", lambda blend=blend, frame=frame: _open(blend, frame)
    for group, seeds, scenes in SETS:
        if wanted and seeds.strip() not in wanted:
            continue
        kinds = {**dict.fromkeys(scenes.PINK, "pink"), "violet": "violet", "collage": "violet"}
        kinds |= {name: "black" for name in scenes.COUNTS if name.startswith("black")}
        most = max(scenes.COUNTS.values()) // (4 if seeds == "training " else 1)
        for seed, (name, count) in itertools.product(range(most), scenes.COUNTS.items()):
            if seed < count:  # in turns, so that what is done at any time is a bit of everything
                rng = random.Random(f"{seeds}{name}{seed}")
                folder = f"{group}/{kinds.get(name, 'good')}-{seeds}{name}{seed}"
                yield folder, lambda make=scenes.MAKERS[name], rng=rng: make(rng)


def _render(folder: Path, wanted: set[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *_size(folder), 100
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    if not _is_edit(scene):
        bpy.ops.render.render()
    unreadable = farmhand("farm.worker.unreadable").Pictures().unreadable(scene, scene.frame_current)
    own = farmhand("scene.packing.own_colors").lights_and_surfaces()
    (folder / "own").write_text(json.dumps([sorted(colors) for colors in own]), encoding="utf-8")
    (folder / REPORT).write_text(json.dumps(unreadable), encoding="utf-8")
    for view in VIEWS:
        scene.view_settings.view_transform = view
        (folder / f"{view}.json").write_text(json.dumps(known_of(scene)), encoding="utf-8")
        for name, kind in FORMATS.items():
            if name in wanted:
                _save(scene, folder / f"{view}-{name}", *kind)
    for name, kind in LINEAR.items():
        if name in wanted | {IN_LIGHT}:
            _save(scene, folder / f"scene linear-{name}", *kind)


def _size(folder: Path) -> tuple[int, int]:
    small = ("-training ", "-last ", "-other ", "-next ", "-dusk ", "-dark ")
    return (96, 54) if any(name in folder.name for name in small) else (160, 90)


def _is_edit(scene: bpy.types.Scene) -> bool:
    """Whether the Video Sequencer makes the picture."""
    editor = scene.sequence_editor
    return editor is not None and bool(editor.strips if hasattr(editor, "strips") else editor.sequences)


def _save(scene: bpy.types.Scene, path: Path, kind: str, depth: str, codec: str) -> None:
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = kind, "RGB", depth
    if codec:
        setattr(settings, CODECS[kind], codec)
    file = str(path.with_name(f"{path.name}.{SUFFIXES[kind]}"))
    if _is_edit(scene):  # the Video Sequencer brings its own color space to the view
        scene.render.filepath = file
        bpy.ops.render.render(write_still=True)
    else:
        bpy.data.images["Render Result"].save_render(file, scene=scene)


def known_of(scene: bpy.types.Scene) -> dict[str, Any]:
    """What a job's own facts tell of its faults, as the packer writes them."""
    return {
        **farmhand("scene.packing.fault_colors").measure(scene),
        "can_be_pink": farmhand("scene.packing.fault_colors").can_be_pink(scene),
        "own_green": farmhand("scene.packing.own_colors").least_green(),
    }


def farmhand(part: str) -> ModuleType:
    """A part of Farmhand."""
    if "farmhand" not in sys.modules:
        root = Path(__file__).resolve().parents[2]
        spec = importlib.util.spec_from_file_location(
            "farmhand", root / "__init__.py", submodule_search_locations=[str(root)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules["farmhand"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["farmhand"])
    return importlib.import_module(f"farmhand.{part}")


def _open(blend: str, frame: int) -> None:
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    step = max(1, (scene.frame_end - scene.frame_start) // 8)
    scene.frame_set(scene.frame_start + step * frame)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 8, True
    if scene.frame_end <= scene.frame_start + 8 and scene.camera:  # a still: eight points of view
        scene.camera.rotation_euler.z += 0.05 * frame


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
