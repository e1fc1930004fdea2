"""Projects with simulations whose point caches lie on disk; each answers with the files of the bake.

Everything falls sideways, so that a frame without its cache looks different.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
from making import image_file, paint, plane, save


def point_cache(folder: Path) -> list[Path]:
    return _cloth(folder / "scene.blend")


def cloth_non_ascii(folder: Path) -> list[Path]:
    """The file names hold the object's name in hex, byte by byte."""
    made = _cloth(folder / "scene.blend", "Tücher")
    assert made[0].name.startswith("54C3BC63686572_")
    return made


def cloth_external(folder: Path) -> list[Path]:
    """A cache with a folder and a name of its own."""
    made = _cloth(folder / "scene.blend")
    moved = [folder / "caches" / f"flag{file.name[file.name.index('_') :]}" for file in made]
    moved[0].parent.mkdir()
    for file, target in zip(made, moved, strict=True):
        shutil.move(file, target)
    cache = bpy.data.objects["Plane"].modifiers["Cloth"].point_cache
    cache.use_external = True
    cache.filepath, cache.name, cache.index = str(folder / "caches"), "flag", 0
    save(folder / "scene.blend")
    return moved


def cloth_beside_the_library(folder: Path) -> list[Path]:
    made = _cloth(folder / "assets" / "flag.blend", "Flag")
    _link_flag(folder)
    return [*made, folder / "assets" / "flag.blend"]


def cloth_beside_the_scene(folder: Path) -> list[Path]:
    """A linked object's cache that Blender looks for next to the open .blend."""
    library = folder / "assets" / "flag.blend"
    made = _cloth(library, "Flag")
    bpy.data.objects["Flag"].modifiers["Cloth"].point_cache.use_library_path = False
    save(library)
    _link_flag(folder)
    place = folder / "shots" / "blendcache_scene"
    shutil.move(made[0].parent, place)
    return [library, *sorted(place.iterdir())]


def soft_body(folder: Path) -> list[Path]:
    thing = _falling()
    blend = save(folder / "scene.blend")
    modifier = thing.modifiers.new("Soft", "SOFT_BODY")
    modifier.settings.use_goal = False
    bake_points(modifier.point_cache)
    save(blend)
    return _caches(blend)


def particles(folder: Path) -> list[Path]:
    thing = _falling()
    blend = save(folder / "scene.blend")
    thing.modifiers.new("Dust", "PARTICLE_SYSTEM")
    system = thing.particle_systems[0]
    system.settings.count, system.settings.frame_end, system.settings.normal_factor = 40, 3, 3
    system.settings.render_type = "OBJECT"
    bpy.ops.mesh.primitive_uv_sphere_add(radius=2, location=(50, 0, 0))
    system.settings.instance_object = bpy.context.object
    bake_points(system.point_cache)
    save(blend)
    return _caches(blend)


def dynamic_paint(folder: Path) -> list[Path]:
    """A ball that nobody sees dents the plane."""
    thing = plane()
    blend = save(folder / "scene.blend")
    _subdivide()
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1)
    ball = bpy.context.object
    ball.hide_render = True
    _dynamic_paint(ball, "BRUSH")
    modifier = _dynamic_paint(thing, "CANVAS")
    surface = modifier.canvas_settings.canvas_surfaces[0]
    surface.surface_format, surface.surface_type = "VERTEX", "DISPLACE"
    surface.frame_start, surface.frame_end = 1, 6
    bake_points(surface.point_cache)
    # Only the bake knows of it now.
    bpy.data.objects.remove(ball)
    save(blend)
    return _caches(blend)


def dynamic_paint_images(folder: Path) -> list[Path]:
    """A ball paints the plane into a sequence of pictures, which its material shows.

    The pictures stand in for a bake: Blender's runs in a job, and what else happens beside it may crash.
    """
    thing = plane()
    blend = save(folder / "scene.blend")
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1)
    ball = bpy.context.object
    ball.hide_render = True
    _dynamic_paint(ball, "BRUSH")
    surface = _dynamic_paint(thing, "CANVAS").canvas_settings.canvas_surfaces[0]
    surface.surface_format, surface.surface_type = "IMAGE", "PAINT"
    surface.image_resolution, surface.uv_layer = 16, "UVMap"
    surface.frame_start, surface.frame_end = 1, 6
    surface.image_output_path = str(folder / "paint")
    made = [image_file(folder / "paint" / f"paintmap{frame:04}.png", frame / 10) for frame in range(1, 7)]
    node = paint(thing, bpy.data.images.load(str(made[0])))
    node.image.source = "SEQUENCE"
    node.image_user.frame_duration, node.image_user.frame_start, node.image_user.use_auto_refresh = 6, 1, True
    save(blend)
    return made[2:5]


def bake_points(cache: Any) -> None:
    cache.use_disk_cache = True
    cache.frame_start, cache.frame_end = 1, 6
    with bpy.context.temp_override(scene=bpy.context.scene, point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)


def _cloth(blend: Path, name: str = "Plane") -> list[Path]:
    thing = _falling()
    thing.name = name
    save(blend)
    modifier = thing.modifiers.new("Cloth", "CLOTH")
    bake_points(modifier.point_cache)
    save(blend)
    return _caches(blend)


def _link_flag(folder: Path) -> None:
    thing = plane()
    bpy.data.objects.remove(thing)
    with bpy.data.libraries.load(str(folder / "assets" / "flag.blend"), link=True) as (_, wanted):
        wanted.objects = ["Flag"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    save(folder / "shots" / "scene.blend")


def _falling() -> Any:
    thing = plane()
    thing.scale = (0.3, 0.3, 1)
    bpy.context.scene.gravity = (60, 20, 0)
    return thing


def _subdivide() -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.subdivide(number_cuts=12)
    bpy.ops.object.mode_set(mode="OBJECT")


def _dynamic_paint(thing: Any, kind: str) -> Any:
    bpy.context.view_layer.objects.active = thing
    modifier = thing.modifiers.new("Paint", "DYNAMIC_PAINT")
    modifier.ui_type = kind
    bpy.ops.dpaint.type_toggle(type=kind)
    return modifier


def _caches(blend: Path) -> list[Path]:
    return sorted((blend.parent / f"blendcache_{blend.stem}").glob("*.bphys"))
