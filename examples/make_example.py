"""Make examples/windmill.blend: a day on a small floating farm, 24 frames, one an hour.

    blender -b --factory-startup --python examples/make_example.py
    python-with-bpy examples/make_example.py

Made with Blender 4.2, so that every newer one opens it. Boards are an image file beside it, all else is geometry,
numbers and procedural textures; it renders with Cycles and looks the same in each version.
"""

import math
import random
import sys
from itertools import pairwise
from pathlib import Path

import bpy
from mathutils import Euler, Matrix, Vector, noise

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import daylight  # noqa: E402  these lie beside this script, which Blender does not look at by itself
import materials  # noqa: E402
import shapes  # noqa: E402

BLEND = HERE / "windmill.blend"
BOARDS = HERE / "textures" / "boards.png"
RADIUS = 4.2
MILL = Vector((-0.9, 0.7, 0))
BARN = Vector((1.75, 0.55, 0))


def main() -> None:
    """Build the scene in an empty file and save it."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    noise.seed_set(1)  # else it is the time of day
    scene = bpy.context.scene
    boards = materials.boards_image(BOARDS)
    window = materials.glowing("Window", (1.0, 0.62, 0.22))
    add_island()
    rotor = add_mill(boards, window)
    add_barn(boards, window)
    add_trees()
    add_field()
    add_fence(boards)
    lamp = add_lamp()
    daylight.animate(scene, lamp, window, rotor, add_clouds())
    add_camera(scene)
    set_render(scene)
    save()


def add(mesh: bpy.types.Mesh, material: bpy.types.Material, place: Vector, *, turn: float = 0.0) -> bpy.types.Object:
    """Put a mesh into the scene; a mesh may be put there many times."""
    if not mesh.materials:
        mesh.materials.append(material)
    thing = bpy.data.objects.new(mesh.name, mesh)
    thing.location = place
    thing.rotation_euler.z = turn
    bpy.context.scene.collection.objects.link(thing)
    return thing


def ground(x: float, y: float) -> float:
    """How high the grass lies; flat under the houses."""
    bump = 0.35 * noise.noise(Vector((x * 0.45, y * 0.45, 7)))
    flat = min((Vector((x, y, 0)) - spot).length for spot in (MILL, BARN))
    return bump * min(max((flat - 1.2) / 1.2, 0), 1)


def on_ground(x: float, y: float) -> Vector:
    return Vector((x, y, ground(x, y)))


def add_island() -> None:
    """Grass above, rock below, as if torn out of the earth."""
    grass = materials.mottled("Grass", (0.07, 0.17, 0.03), (0.22, 0.33, 0.06), scale=1.3)
    rock = materials.mottled("Rock", (0.10, 0.07, 0.05), (0.30, 0.22, 0.16), scale=1.1, stretch=(1, 1, 3))
    rings = [(RADIUS * i / 28, 0.0) for i in range(1, 29)]
    top = shapes.prism("Grass", 96, [(RADIUS, -0.28), (RADIUS * 1.01, -0.12), *reversed(rings)], smooth=True)
    for vertex in top.vertices:
        rim = 1 + 0.05 * noise.noise(vertex.co.normalized() * 2.5)
        vertex.co.x, vertex.co.y = vertex.co.x * rim, vertex.co.y * rim
        if vertex.co.z == 0:
            vertex.co.z = ground(vertex.co.x, vertex.co.y)
    below = shapes.prism("Rock", 40, [(0.25, -3.1), (0.9, -2.5), (1.9, -1.7), (3.0, -0.95), (3.8, -0.5)])
    for vertex in below.vertices:
        vertex.co += 0.38 * noise.noise_vector(vertex.co * 0.9)
    add(top, grass, Vector())
    add(below, rock, Vector())


def add_mill(boards: bpy.types.Image, window: bpy.types.Material) -> bpy.types.Object:
    """The windmill; returns what turns."""
    white = materials.boarded("White Boards", boards, (0.86, 0.82, 0.74))
    roof = materials.boarded("Roof", boards, (0.42, 0.13, 0.06))
    wood = materials.plain("Wood", (0.20, 0.10, 0.045))
    stone = materials.mottled("Stone", (0.16, 0.15, 0.14), (0.36, 0.34, 0.31), scale=6)
    add(shapes.prism("Mill Foot", 8, [(0.98, -0.2), (0.95, 0.35)]), stone, MILL)
    add(shapes.prism("Mill", 8, [(0.9, 0.35), (0.60, 2.3)]), white, MILL)
    add(shapes.prism("Mill Cap", 8, [(0.74, 2.28), (0.70, 2.42), (0.34, 2.95), (0.0, 3.15)]), roof, MILL)
    add(shapes.box("Mill Door", (0.34, 0.06, 0.62), lift=0.3), wood, MILL + Vector((0, -0.83, 0)))
    for height, out in ((1.25, 0.725), (1.85, 0.635)):
        add(shapes.box("Mill Window", (0.2, 0.06, 0.26)), window, MILL + Vector((0, -out, height)))
    rotor = bpy.data.objects.new("Rotor", None)
    rotor.location = MILL + Vector((0, -0.88, 2.5))
    rotor.rotation_euler = (math.radians(-8), 0, 0)
    bpy.context.scene.collection.objects.link(rotor)
    sail = shapes.sail("Sail", 1.75, 0.34)
    for i in range(4):
        wing = add(sail, wood, Vector())
        wing.parent, wing.rotation_euler.y = rotor, math.radians(20 + 90 * i)
    axle = add(shapes.prism("Axle", 12, [(0.09, -0.45), (0.09, 0.1)]), wood, Vector())
    axle.parent, axle.rotation_euler.x = rotor, math.pi / 2
    return rotor


def add_barn(boards: bpy.types.Image, window: bpy.types.Material) -> None:
    """A red barn that turns its front to the camera."""
    red = materials.boarded("Red Boards", boards, (0.52, 0.055, 0.035))
    trim = materials.plain("Trim", (0.80, 0.77, 0.70))
    tin = materials.plain("Tin", (0.22, 0.23, 0.25), roughness=0.35)
    turn = math.radians(-24)

    def beside(x: float, y: float, z: float) -> Vector:
        return BARN + Vector((x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn), z))

    add(shapes.gable("Barn", 1.35, 1.9, 0.85, 1.5), red, BARN, turn=turn)
    for side in (-1, 1):
        slope = add(shapes.box("Barn Roof", (1.06, 2.15, 0.06)), tin, beside(side * 0.40, 0, 1.12), turn=turn)
        slope.rotation_euler = (0, side * math.radians(43.5), turn)
    add(shapes.box("Barn Door", (0.56, 0.05, 0.66)), trim, beside(0, -0.95, 0), turn=turn)
    add(shapes.box("Barn Door Boards", (0.48, 0.05, 0.60)), red, beside(0, -0.97, 0), turn=turn)
    add(shapes.box("Barn Window", (0.24, 0.06, 0.24)), window, beside(0, -0.95, 0.92), turn=turn)
    for x in (-0.5, 0.0, 0.5):
        add(shapes.box("Barn Side Window", (0.06, 0.22, 0.22)), window, beside(-0.67, x, 0.42), turn=turn)


def add_trees() -> None:
    """Round trees of three greens at the back and at the edges."""
    dice = random.Random(11)
    bark = materials.plain("Bark", (0.14, 0.08, 0.045))
    greens = [
        materials.mottled(f"Leaves {i}", dark, light, scale=4)
        for i, (dark, light) in enumerate(
            (
                ((0.035, 0.11, 0.025), (0.11, 0.24, 0.05)),
                ((0.06, 0.14, 0.02), (0.20, 0.32, 0.05)),
                ((0.16, 0.12, 0.02), (0.42, 0.27, 0.04)),
            )
        )
    ]
    crowns = [shapes.puff(f"Crown {i}", i, 7, (0.3, 0.3, 0.32), 0.42) for i in range(3)]
    trunk = shapes.prism("Trunk", 10, [(0.10, -0.2), (0.06, 0.8)], smooth=True)
    spots = [(-3.1, 1.2), (-2.6, 2.3), (-1.6, 3.1), (0.4, 3.2), (1.5, 3.0), (2.9, 2.2), (3.5, 0.9), (-3.3, -1.0)]
    for i, (x, y) in enumerate(spots):
        place, size = on_ground(x, y), dice.uniform(0.8, 1.25)
        crown = add(crowns[i % 3], greens[i % 3], place + Vector((0, 0, size)), turn=dice.uniform(0, 6))
        crown.scale = (size, size, size * 1.1)
        add(trunk, bark, place).scale = (size, size, size)


def add_field() -> None:
    """Rows of wheat and three bales in front of the barn."""
    wheat = materials.mottled("Wheat", (0.45, 0.28, 0.05), (0.78, 0.55, 0.14), scale=9)
    soil = materials.plain("Soil", (0.13, 0.075, 0.04))
    dice = random.Random(3)
    rows = [0.35 + 0.27 * row for row in range(9)]
    ridges = [Matrix.Translation((x, -2.15, ground(x, -2.15) - 0.03)) for x in rows]
    plants = [
        Matrix.LocRotScale(
            on_ground(x + dice.uniform(-0.04, 0.04), -2.95 + 0.13 * step),
            Euler((dice.uniform(-0.12, 0.12), dice.uniform(-0.12, 0.12), dice.uniform(0, 6))),
            Vector((1, 1, dice.uniform(0.8, 1.25))),
        )
        for x in rows
        for step in range(13)
    ]
    ear = shapes.prism("Ear", 5, [(0.02, 0), (0.055, 0.16), (0.0, 0.34)])
    add(shapes.copies("Soil", shapes.box("Ridge", (0.17, 1.7, 0.08)), ridges), soil, Vector())
    add(shapes.copies("Wheat", ear, plants), wheat, Vector())
    bale = shapes.prism("Bale", 24, [(0.26, -0.2), (0.26, 0.2)])
    for x, y, turn in ((-1.0, -1.9, 0.5), (-1.75, -1.35, 1.4), (-0.5, -2.75, -0.4)):
        add(bale, wheat, on_ground(x, y) + Vector((0, 0, 0.24))).rotation_euler = (math.pi / 2, 0, turn)


def add_fence(boards: bpy.types.Image) -> None:
    """Posts and rails along the front edge."""
    weathered = materials.boarded("Weathered Boards", boards, (0.42, 0.34, 0.26))
    angles = [math.radians(a) for a in range(196, 346, 9)]
    feet = [on_ground(3.85 * math.cos(a), 3.85 * math.sin(a)) for a in angles]
    posts = [Matrix.LocRotScale(foot, Euler((0, 0, a)), None) for foot, a in zip(feet, angles, strict=True)]
    rails = []
    for foot, following in pairwise(feet):
        along = following - foot
        slope = Euler((0, -math.asin(along.z / along.length), math.atan2(along.y, along.x)))
        for height in (0.16, 0.30):
            rails.append(Matrix.LocRotScale((foot + following) / 2 + Vector((0, 0, height)), slope, None))
    post, rail = shapes.box("Post", (0.08, 0.08, 0.46), lift=-0.06), shapes.box("Rail", (0.62, 0.04, 0.06))
    add(shapes.copies("Posts", post, posts), weathered, Vector())
    add(shapes.copies("Rails", rail, rails), weathered, Vector())


def add_clouds() -> list[bpy.types.Object]:
    """Clouds beside and below the island; the day moves them."""
    white = materials.plain("Cloud", (0.92, 0.93, 0.95), roughness=1)
    meshes = [shapes.puff(f"Cloud {i}", 20 + i, 9, (0.95, 0.35, 0.14), 0.42) for i in range(len(daylight.CLOUDS))]
    return [add(mesh, white, Vector()) for mesh in meshes]


def add_lamp() -> bpy.types.Object:
    """Sun by day, moon by night."""
    lamp = bpy.data.objects.new("Sun and Moon", bpy.data.lights.new("Sun and Moon", "SUN"))
    lamp.data.angle = math.radians(4)
    bpy.context.scene.collection.objects.link(lamp)
    return lamp


def add_camera(scene: bpy.types.Scene) -> None:
    """From slightly above, in focus on the mill, soft before and behind."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = (0, -19.4, 6.0)
    aim = Vector((0, 0, 0.5))
    camera.rotation_euler = (aim - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens = 56
    camera.data.dof.use_dof = True
    camera.data.dof.focus_distance = (MILL - camera.location).length
    camera.data.dof.aperture_fstop = 0.25
    scene.camera = camera


def set_render(scene: bpy.types.Scene) -> None:
    """Small enough for two cores, clean enough to look at."""
    scene.frame_start, scene.frame_end = 1, daylight.FRAMES
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 8
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoising_prefilter = "FAST"
    scene.cycles.max_bounces = 3
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.render.resolution_x, scene.render.resolution_y = 480, 270
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = "//render/windmill_####"


def save() -> None:
    """The texture's path is relative in the file, so that the two can move together."""
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(BLEND), compress=True, relative_remap=True)
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile(compress=True)


if __name__ == "__main__":
    main()
