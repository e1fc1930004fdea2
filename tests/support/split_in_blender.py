"""Renders scenes whole and in tiles, with the farm's own worker: run by a Blender, or by a Python that has bpy.

split_in_blender.py -- WORKER FOLDER NAME…       below FOLDER each scene gets `whole` and `split`
split_in_blender.py -- WORKER FOLDER --refusals  prints a line of JSON: why each scene cannot be split
"""

import contextlib
import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy

TILES = 5
FRAME = 2


def still() -> Any:
    """An odd number of pixels each way; nothing writes when it was rendered."""
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 6
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 101, 67
    scene.render.resolution_percentage = 100
    bpy.ops.mesh.primitive_monkey_add(location=(2, 1, 1))
    bpy.data.objects["Cube"].keyframe_insert("rotation_euler", frame=1)
    bpy.data.objects["Cube"].rotation_euler = (1, 2, 3)
    bpy.data.objects["Cube"].keyframe_insert("rotation_euler", frame=5)
    for name in ("date", "time", "render_time", "memory", "filename", "hostname"):
        setattr(scene.render, f"use_stamp_{name}", False)
    return scene


def choose(block: Any, name: str, *values: str) -> None:
    """The first value that this Blender knows."""
    for value in values:
        with contextlib.suppress(TypeError):
            setattr(block, name, value)
            return
    raise ValueError(f"this Blender knows none of {values}")


# Scenes that can be split


def percentage(scene: Any) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 203, 135
    scene.render.resolution_percentage = 50


def transparent(scene: Any) -> None:
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"


def adaptive(scene: Any) -> None:
    scene.cycles.samples = 48
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = 0.05


def patterns(scene: Any) -> None:
    scene.cycles.use_adaptive_sampling = False
    choose(scene.cycles, "sampling_pattern", "BLUE_NOISE", "SOBOL_BURLEY")
    scene.cycles.filter_width = 5.0


def lens(scene: Any) -> None:
    scene.camera.data.shift_x, scene.camera.data.shift_y = 0.2, -0.1
    scene.camera.data.dof.use_dof = True
    scene.camera.data.dof.aperture_fstop = 0.2
    scene.render.use_motion_blur = True
    scene.render.pixel_aspect_x = 1.5


def panorama(scene: Any) -> None:
    scene.camera.data.type = "PANO"


def stamped(scene: Any) -> None:
    scene.render.use_stamp = True


def layers(scene: Any) -> None:
    """Two view layers, Cryptomatte, motion vectors, and the rest of the data passes, in one file."""
    second = scene.view_layers.new("Second")
    second.material_override = bpy.data.materials.new("Grey")
    for layer in scene.view_layers:
        layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
        for name in ("z", "mist", "normal", "vector", "position", "uv", "object_index", "diffuse_direct", "emit"):
            setattr(layer, f"use_pass_{name}", True)
        layer.cycles.denoising_store_passes = layer.cycles.pass_debug_sample_count = True
        layer.aovs.add().name = "Own"
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    image.color_depth = "32"


def denoised(scene: Any) -> None:
    scene.cycles.use_denoising = True
    scene.cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    floats(scene)


def floats(scene: Any) -> None:
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.render.image_settings.exr_codec = "NONE"


def volume(scene: Any) -> None:
    material = bpy.data.materials["Material"]
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(tree.nodes.new("ShaderNodeVolumePrincipled").outputs[0], output.inputs["Volume"])


SPLIT = {
    each.__name__: each
    for each in (
        percentage, transparent, adaptive, patterns, lens, panorama, stamped, layers, denoised, floats, volume,
    )
}  # fmt: skip


# Scenes that cannot


def eevee(scene: Any) -> None:
    choose(scene.render, "engine", "BLENDER_EEVEE_NEXT", "BLENDER_EEVEE")


def workbench(scene: Any) -> None:
    scene.render.engine = "BLENDER_WORKBENCH"


def sequencer(scene: Any) -> None:
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_scene("Shown", scene, 1, 1)


def compositor_alone(scene: Any) -> None:
    """A compositor that makes the picture without the scene."""
    if hasattr(scene, "compositor_effects"):
        raise NotImplementedError
    if hasattr(scene, "compositing_node_group"):
        tree = scene.compositing_node_group = bpy.data.node_groups.new("Alone", "CompositorNodeTree")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    tree.nodes.clear()
    tree.nodes.new("CompositorNodeRGB")


def region(scene: Any) -> None:
    scene.render.use_border = True
    scene.render.border_max_x = 0.5


def region_with_crop(scene: Any) -> None:
    region(scene)
    scene.render.use_crop_to_border = True


def stereo(scene: Any) -> None:
    scene.render.use_multiview = True


def freestyle(scene: Any) -> None:
    scene.render.use_freestyle = True


def grease_pencil(_: Any) -> None:
    data = getattr(bpy.data, "grease_pencils_v3", None) or bpy.data.grease_pencils
    bpy.context.collection.objects.link(bpy.data.objects.new("Line", data.new("Line")))


def time_limit(scene: Any) -> None:
    scene.cycles.time_limit = 1.0


def guiding(scene: Any) -> None:
    scene.cycles.use_guiding = True


def subdivided(scene: Any) -> None:
    if hasattr(scene.cycles, "feature_set"):
        scene.cycles.feature_set = "EXPERIMENTAL"
    thing = bpy.data.objects["Cube"]
    modifier = thing.modifiers.new("Subdivision", "SUBSURF")
    if hasattr(modifier, "use_adaptive_subdivision"):
        modifier.use_adaptive_subdivision = True
    else:
        thing.cycles.use_adaptive_subdivision = True


def shadow_catcher(_: Any) -> None:
    bpy.data.objects["Cube"].is_shadow_catcher = True


REFUSED = {
    each.__name__: each
    for each in (
        eevee, workbench, sequencer, compositor_alone, region, region_with_crop, stereo, freestyle, grease_pencil,
        time_limit, guiding, subdivided, shadow_catcher,
    )
}  # fmt: skip


def worker_module(folder: str, name: str) -> Any:
    """A module of the worker, as its main.py would import it."""
    if "farmhand_worker" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "farmhand_worker", f"{folder}/__init__.py", submodule_search_locations=[folder]
        )
        assert spec and spec.loader
        package = importlib.util.module_from_spec(spec)
        sys.modules["farmhand_worker"] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"farmhand_worker.{name}")


def render(worker: str, folder: Path, name: str) -> None:
    rendering = worker_module(worker, "rendering")
    pictures = worker_module(worker, "unreadable").Pictures()
    scene = still()
    SPLIT[name](scene)
    names = SimpleNamespace(of_frame=lambda *_: "frame")
    rendering.frame(scene, names, pictures, FRAME, str(folder / name / "whole"))
    tiles = []
    for index in range(TILES):
        place = folder / name / str(index)
        told = rendering.frame(scene, names, pictures, FRAME, str(place), tile=(index, TILES))
        tiles.append(str(place / told["files"][0]["relativePath"]))
    rendering.frame(scene, names, pictures, FRAME, str(folder / name / "split"), tiles=tiles)


def reasons(worker: str) -> dict[str, str]:
    splitting = worker_module(worker, "splitting")
    found = {}
    for name, change in {**REFUSED, **SPLIT}.items():
        scene = still()
        try:
            change(scene)
        except NotImplementedError:
            continue
        found[name] = splitting.why_not(scene)
    return found


if __name__ == "__main__":
    worker, folder, *wanted = sys.argv[sys.argv.index("--") + 1 :]
    try:
        if wanted == ["--refusals"]:
            print(json.dumps(reasons(worker)))
        for name in wanted:
            if name in SPLIT:
                render(worker, Path(folder), name)
    except Exception:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)  # bpy crashes (4.2) or hangs (4.5, Windows) now and then while it ends
