"""Renders the frames that the detector of bad frames is measured on; run by a Python that has bpy.

bad_frames_scenes.py OUT SHARD SHARDS [BLEND …]        .blend files add real scenes to the made ones

Writes OUT/KIND-NAME/VIEW-FORMAT.SUFFIX, one picture per view transform and format of each render, and
OUT/KIND-NAME/VIEW.json, the colors that faults have in them.
KIND is "good", or the fault that was planted: "black", "pink", "violet".
"""

import colorsys
import importlib.util
import json
import math
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import bpy

VIEWS = ("Standard", "AgX", "Filmic", "Khronos PBR Neutral", "Raw")
FORMATS = {
    "PNG 8": ("PNG", "8", ""),
    "PNG 16": ("PNG", "16", ""),
    "TIFF 8": ("TIFF", "8", "DEFLATE"),
    "TIFF 16": ("TIFF", "16", "DEFLATE"),
}
LINEAR = {"OpenEXR half": ("OPEN_EXR", "16", "ZIP"), "OpenEXR float": ("OPEN_EXR", "32", "ZIP")}
DONE = "done"
SUFFIXES = {"PNG": "png", "TIFF": "tif", "OPEN_EXR": "exr"}
GOOD = {"sky": 50, "night": 40, "flowers": 50, "gradient": 30, "neon": 20, "room": 30}
PLANTED = {"unlit": 12, "sun": 16, "lamps": 16, "cloudy": 12, "black": 10, "violet": 5}
Color = tuple[float, float, float]


def main(out: str, shard: str, shards: str, *blends: str) -> None:
    """Render every SHARDSth of all scenes, from the SHARDth on."""
    work: list[tuple[str, Callable[[], None]]] = []
    for blend in blends:
        for frame in range(8):
            work.append((f"good-{Path(blend).stem}{frame}", lambda blend=blend, frame=frame: _opened(blend, frame)))
    for name, count in GOOD.items():
        for seed in range(count):
            work.append(
                (f"good-{name}{seed}", lambda name=name, seed=seed: MAKERS[name](random.Random(f"{name}{seed}")))
            )
    for name, count in PLANTED.items():
        kind = name if name in ("black", "violet") else "pink"
        for seed in range(count):
            work.append(
                (f"{kind}-{name}{seed}", lambda name=name, seed=seed: MAKERS[name](random.Random(f"{name}{seed}")))
            )
    for name, make in work[int(shard) :: int(shards)]:
        if not Path(out, name, DONE).exists():
            make()
            _render(Path(out, name))


def _render(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 160, 90, 100
    if scene.sequence_editor is None:
        bpy.ops.render.render()
    for view in VIEWS:
        scene.view_settings.view_transform = view
        (folder / f"{view}.json").write_text(json.dumps(fault_colors().measure(scene)), encoding="utf-8")
        for name, kind in FORMATS.items():
            _save(scene, folder / f"{view}-{name}", *kind)
    for name, kind in LINEAR.items():
        _save(scene, folder / f"scene linear-{name}", *kind)
    (folder / DONE).touch()


def _save(scene: bpy.types.Scene, path: Path, kind: str, depth: str, codec: str) -> None:
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = kind, "RGB", depth
    if codec:
        setattr(settings, "exr_codec" if kind == "OPEN_EXR" else "tiff_codec", codec)
    file = str(path.with_name(f"{path.name}.{SUFFIXES[kind]}"))
    if scene.sequence_editor is None:
        bpy.data.images["Render Result"].save_render(file, scene=scene)
    else:  # the Video Sequencer brings its own color space to the view
        scene.render.filepath = file
        bpy.ops.render.render(write_still=True)


def fault_colors() -> ModuleType:
    """The part of Farmhand that asks Blender for the colors of faults."""
    file = Path(__file__).resolve().parent.parent / "scene" / "packing" / "fault_colors.py"
    spec = importlib.util.spec_from_file_location("fault_colors", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _opened(blend: str, frame: int) -> None:
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    step = max(1, (scene.frame_end - scene.frame_start) // 8)
    scene.frame_set(scene.frame_start + step * frame)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 8, True
    if scene.frame_end <= scene.frame_start + 8 and scene.camera:  # a still: eight points of view
        scene.camera.rotation_euler.z += 0.05 * frame


def _empty(rng: random.Random) -> bpy.types.Scene:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 12, rng.random() < 0.6
    scene.cycles.max_bounces = 3
    scene.view_settings.exposure = rng.uniform(-0.7, 0.7)
    bpy.ops.object.camera_add(location=(0, -8, 2), rotation=(math.radians(83), 0, 0))
    scene.camera = bpy.context.object
    return scene


def _world(scene: bpy.types.Scene, low: Color, high: Color, strength: float = 1.0) -> None:
    """A sky that goes from one color at the horizon to another at the zenith."""
    world = scene.world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    place, apart, ramp = (
        nodes.new("ShaderNodeTexCoord"),
        nodes.new("ShaderNodeSeparateXYZ"),
        nodes.new("ShaderNodeValToRGB"),
    )
    links.new(place.outputs["Generated"], apart.inputs[0])
    links.new(apart.outputs[2], ramp.inputs[0])
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*low, 1), (*high, 1)
    ramp.color_ramp.elements[1].position = 0.5
    sky = nodes["Background"]
    sky.inputs[1].default_value = strength
    links.new(ramp.outputs[0], sky.inputs[0])


def _hue(rng: random.Random, low: float, high: float, saturation: tuple[float, float], value: float) -> Color:
    return colorsys.hsv_to_rgb(rng.uniform(low, high) % 1, rng.uniform(*saturation), value)


def _paint(color: Color, light: float = 0.0) -> bpy.types.Material:
    material = bpy.data.materials.new("Paint")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    if light:
        shader.inputs["Emission Color"].default_value = (*color, 1)
        shader.inputs["Emission Strength"].default_value = light
    return material


def _lost(*, is_lit: bool) -> bpy.types.Material:
    """A material whose texture is missing."""
    material = _paint((1, 1, 1))
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.new("Lost", 8, 8)
    texture.image.source, texture.image.filepath = "FILE", "//nowhere/lost.png"
    shader = nodes["Principled BSDF"]
    links.new(texture.outputs[0], shader.inputs["Base Color"])
    if not is_lit:
        light = nodes.new("ShaderNodeEmission")
        links.new(texture.outputs[0], light.inputs[0])
        links.new(light.outputs[0], nodes["Material Output"].inputs[0])
    return material


def _things(rng: random.Random, count: int, paint: Callable[[], bpy.types.Material]) -> None:
    """A ground, and things of several shapes on it."""
    bpy.ops.mesh.primitive_plane_add(size=60)
    bpy.context.object.data.materials.append(_paint(_hue(rng, 0, 1, (0.0, 0.5), rng.uniform(0.1, 0.7))))
    shapes = (
        lambda **at: bpy.ops.mesh.primitive_uv_sphere_add(radius=0.8, **at),
        lambda **at: bpy.ops.mesh.primitive_cube_add(size=1.4, **at),
        lambda **at: bpy.ops.mesh.primitive_monkey_add(size=1.8, **at),
    )
    for _ in range(count):
        turn = (rng.uniform(-0.4, 0.4), 0, rng.uniform(0, 6))
        rng.choice(shapes)(location=(rng.uniform(-4, 4), rng.uniform(-3, 5), rng.uniform(0.4, 2.8)), rotation=turn)
        bpy.context.object.data.materials.append(paint())


def _sun(rng: random.Random, energy: float, color: Color = (1, 1, 1)) -> None:
    bpy.ops.object.light_add(type="SUN", rotation=(rng.uniform(0.2, 1.2), 0, rng.uniform(0, 6)))
    bpy.context.object.data.energy, bpy.context.object.data.color = energy, color


def _lamps(rng: random.Random, count: int, color: Callable[[], Color], power: tuple[float, float]) -> None:
    for _ in range(count):
        bpy.ops.object.light_add(type="POINT", location=(rng.uniform(-4, 4), rng.uniform(-4, 3), rng.uniform(2, 4)))
        bpy.context.object.data.energy, bpy.context.object.data.color = rng.uniform(*power), color()


def sky(rng: random.Random) -> None:
    """Evening skies, from orange through pink and mauve to blue."""
    scene = _empty(rng)
    scene.camera.rotation_euler.x += rng.uniform(0, 0.3)
    low, high = _hue(rng, 0.78, 1.1, (0.2, 0.8), rng.uniform(0.4, 1)), _hue(rng, 0.55, 0.95, (0.2, 0.9), rng.random())
    _world(scene, low, high)
    _things(rng, 4, lambda: _paint(_hue(rng, 0, 1, (0, 0.6), 0.4)))
    _sun(rng, rng.uniform(0, 3), (1, 0.7, 0.5))


def night(rng: random.Random) -> None:
    """Little light: some frames are nearly black."""
    scene = _empty(rng)
    scene.view_settings.exposure = rng.uniform(-3, 0)
    _world(scene, _hue(rng, 0.55, 0.85, (0.3, 0.9), 0.01), (0, 0, 0.002), rng.uniform(0.2, 2))
    _things(rng, 8, lambda: _paint(_hue(rng, 0, 1, (0, 1), rng.random())))
    _lamps(rng, rng.randrange(1, 4), lambda: _hue(rng, 0, 1, (0, 0.8), 1), (2, 60))


def flowers(rng: random.Random) -> None:
    """Petals of pink, lilac and purple in the sun."""
    scene = _empty(rng)
    _world(scene, (0.6, 0.7, 0.9), (0.2, 0.4, 0.9), rng.uniform(0.3, 1))
    own = rng.uniform(0.76, 0.98)
    strength = rng.uniform(0.25, 0.85)
    _things(
        rng, 14, lambda: _paint(_hue(rng, own - 0.03, own + 0.03, (strength - 0.2, strength), rng.uniform(0.4, 0.9)))
    )
    _sun(rng, rng.uniform(1, 5), (1, 0.95, 0.85))


def gradient(rng: random.Random) -> None:
    """Backgrounds of motion graphics: nothing but two colors that blend."""
    scene = _empty(rng)
    scene.camera.rotation_euler.x += 0.3
    low, high = _hue(rng, 0.72, 1.05, (0.1, 0.95), rng.random()), _hue(rng, 0.6, 1.1, (0.1, 0.95), rng.random())
    _world(scene, low, high, rng.uniform(0.5, 2))


def neon(rng: random.Random) -> None:
    """A club in hot pink and violet light."""
    scene = _empty(rng)
    _world(scene, (0.01, 0.01, 0.02), (0, 0, 0))
    _things(rng, 8, lambda: _paint(_hue(rng, 0, 1, (0, 0.4), rng.uniform(0.2, 0.8))))
    _lamps(rng, 3, lambda: rng.choice([(1, 0.05, 0.45), (0.4, 0.05, 1), (0.1, 0.3, 1), (1, 0.3, 0.1)]), (100, 900))


def room(rng: random.Random) -> None:
    """Things of every color in white light."""
    scene = _empty(rng)
    _world(scene, (0.5, 0.5, 0.5), (0.8, 0.8, 0.8), rng.uniform(0.1, 1))
    _things(rng, 10, lambda: _paint(_hue(rng, 0, 1, (0, 0.9), rng.random())))
    _lamps(rng, 2, lambda: (1, 0.9, 0.8), (100, 900))


def _planted(rng: random.Random, *, is_lit: bool) -> bpy.types.Scene:
    scene = _empty(rng)
    _things(rng, 5, lambda: _paint(_hue(rng, 0, 1, (0, 0.6), rng.random())))
    lost = _lost(is_lit=is_lit)
    for place in ((-1.5, -2.5, 1.2), (1.2, -1.5, 1.6)):
        rng.choice((bpy.ops.mesh.primitive_cube_add, bpy.ops.mesh.primitive_ico_sphere_add))(location=place)
        bpy.context.object.data.materials.append(lost)
    return scene


def unlit(rng: random.Random) -> None:
    _world(_planted(rng, is_lit=False), (0.5, 0.6, 0.8), (0.3, 0.4, 0.8), rng.uniform(0.1, 1))


def sun(rng: random.Random) -> None:
    _world(_planted(rng, is_lit=True), (0.3, 0.3, 0.3), (0.3, 0.3, 0.35), rng.uniform(0.1, 1))
    _sun(rng, rng.uniform(1, 6), (1, rng.uniform(0.93, 1), rng.uniform(0.88, 1)))


def lamps(rng: random.Random) -> None:
    _world(_planted(rng, is_lit=True), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))
    _lamps(rng, 3, lambda: (1, rng.uniform(0.92, 1), rng.uniform(0.86, 1)), (150, 900))


def cloudy(rng: random.Random) -> None:
    _world(_planted(rng, is_lit=True), (0.9, 0.95, 1), (0.85, 0.92, 1), rng.uniform(0.4, 2))


def black(rng: random.Random) -> None:
    """No light at all, with dithering from none to the most."""
    scene = _empty(rng)
    scene.render.dither_intensity = rng.choice((0.0, 0.5, 1.0, 1.0, 1.5, 2.0))
    _things(rng, 3, lambda: _paint((0.5, 0.5, 0.5)))


def violet(rng: random.Random) -> None:
    """A strip of the Video Sequencer whose picture is missing."""
    _empty(rng)
    scene = bpy.context.scene
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    with tempfile.TemporaryDirectory() as folder:
        image = bpy.data.images.new("Strip", 160, 90)
        image.filepath_raw, image.file_format = f"{folder}/strip.png", "PNG"
        image.save()
        strips.new_image("Strip", f"{folder}/strip.png", 1, 1)
        blend = f"{folder}/edit.blend"
        bpy.ops.wm.save_as_mainfile(filepath=blend)
        Path(folder, "strip.png").unlink()
        bpy.ops.wm.open_mainfile(filepath=blend)


MAKERS: dict[str, Callable[[random.Random], None]] = {
    one.__name__: one for one in (sky, night, flowers, gradient, neon, room, unlit, sun, lamps, cloudy, black, violet)
}

if __name__ == "__main__":
    main(*sys.argv[1:])
