"""Projects that read caches and bakes; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import bpy
from making import plane, save, stored_relative


def alembic(folder: Path) -> list[Path]:
    thing = plane()
    thing.keyframe_insert("location", frame=1)
    thing.location = (1.5, 0.5, 0.5)
    thing.keyframe_insert("location", frame=6)
    file = folder / "caches" / "move.abc"
    file.parent.mkdir(parents=True)
    bpy.ops.wm.alembic_export(filepath=str(file), start=1, end=6, selected=False, as_background_job=False)
    plane()
    bpy.ops.wm.alembic_import(filepath=str(file), as_background_job=False)
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return [file]


def usd(folder: Path) -> list[Path]:
    """A shot of three layers in folders side by side; one is named by its absolute path."""
    thing = plane()
    thing.keyframe_insert("location", frame=1)
    thing.location = (1.5, 0.5, 0.5)
    thing.keyframe_insert("location", frame=6)
    geometry, asset, shot = made = [folder / "geo/move.usdc", folder / "assets/a set.usda", folder / "shot/shot.usda"]
    for file in made:
        file.parent.mkdir(parents=True)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 6
    bpy.ops.wm.usd_export(filepath=str(geometry), export_animation=True, export_materials=False, root_prim_path="/root")
    header = '#usda 1.0\n(\n    defaultPrim = "root"\n    timeCodesPerSecond = 24\n)\n'
    layer = header + 'def "root" (\n    {} = @{}@\n)\n{{\n}}\n'
    asset.write_text(layer.format("payload", geometry))
    shot.write_text(layer.format("references", "../assets/a set.usda"))
    unused = folder / "assets" / "unused.usda"
    unused.write_text(layer.format("references", "../geo/move.usdc"))
    plane()
    bpy.ops.wm.usd_import(filepath=str(shot), import_cameras=False, import_lights=False)
    assert [cache.filepath for cache in bpy.data.cache_files] == [str(shot)]
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return made


def volume_sequence(folder: Path) -> list[Path]:
    plane()
    made = []
    for number in range(1, 9):
        file = folder / "vdb" / f"smoke_{number:03d}.vdb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"no volume %d" % number)
        made.append(file)
    volume = bpy.data.volumes.new("Smoke")
    volume.filepath = str(made[0])
    volume.is_sequence = True
    volume.frame_duration = 8
    volume.frame_start = 1
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Smoke", volume))
    save(folder / "scene.blend")
    return made[2:5]


def mesh_cache(folder: Path) -> list[Path]:
    thing = plane()
    file = folder / "wobble.pc2"
    file.parent.mkdir(parents=True, exist_ok=True)
    corners = [vertex.co[:] for vertex in thing.data.vertices]
    data = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, len(corners), 0.0, 1.0, 6)
    for frame in range(6):
        for x, y, z in corners:
            data += struct.pack("<3f", x * (1 - frame / 10), y, z)
    file.write_bytes(data)
    modifier = thing.modifiers.new("Wobble", "MESH_CACHE")
    modifier.cache_format = "PC2"
    modifier.filepath = str(file)
    save(folder / "scene.blend")
    return [file]


def point_cache(folder: Path) -> list[Path]:
    thing = plane()
    blend = save(folder / "scene.blend")
    modifier = thing.modifiers.new("Cloth", "CLOTH")
    _bake_points(modifier.point_cache)
    save(blend)
    return sorted((folder / "blendcache_scene").glob("*.bphys"))


def fluid_cache(folder: Path) -> list[Path]:
    """Baked where a Blender without a window can: before 5.2 mantaflow fails there, and files stand in for a bake."""
    bakes = bpy.app.version >= (5, 2, 0)
    domain = _liquid() if bakes else plane()
    modifier = domain.modifiers.new("Fluid", "FLUID")
    modifier.fluid_type = "DOMAIN"
    caches = folder / "caches" / "fluid"
    modifier.domain_settings.cache_directory = str(caches)
    save(folder / "scene.blend")
    if bakes:
        settings = modifier.domain_settings
        settings.domain_type, settings.cache_type, settings.resolution_max = "LIQUID", "ALL", 12
        settings.use_mesh = True
        settings.cache_frame_start, settings.cache_frame_end = 1, 6
        bpy.ops.fluid.bake_all()
        save(folder / "scene.blend")
        return sorted(file for file in caches.rglob("*") if file.is_file())
    made = []
    for name in ("config/config_0003.uni", "data/fluid_data_0003.vdb"):
        file = caches / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"cache of " + name.encode())
        made.append(file)
    return made


def ocean(folder: Path) -> list[Path]:
    thing = plane()
    modifier = thing.modifiers.new("Ocean", "OCEAN")
    modifier.resolution = modifier.viewport_resolution = 2
    modifier.frame_start, modifier.frame_end = 1, 8
    modifier.filepath = str(folder / "sea")
    (folder / "sea").mkdir(parents=True)
    bpy.ops.object.ocean_bake(modifier="Ocean")
    save(folder / "scene.blend")
    if not modifier.is_cached:  # 5.2 bakes in a job that its background does not wait for
        return []
    return [file for number in range(3, 6) for file in sorted((folder / "sea").glob(f"*_{number:04d}.exr"))]


def multires(folder: Path) -> list[Path]:
    thing = plane()
    blend = save(folder / "scene.blend")
    modifier = thing.modifiers.new("Multires", "MULTIRES")
    bpy.ops.object.multires_subdivide(modifier="Multires", mode="SIMPLE")
    file = folder / "sculpts" / "plane.btx"
    file.parent.mkdir()
    bpy.ops.object.multires_external_save(modifier="Multires", filepath=str(file))
    assert modifier.is_external
    save(blend)
    return [file]


def nodes_bake(folder: Path) -> list[Path]:
    """A Bake node, baked into the folder of its modifier."""
    thing = plane()
    blend = save(folder / "scene.blend")
    group = bpy.data.node_groups.new("Baked", "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    start, out = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    bake = group.nodes.new("GeometryNodeBake")
    group.links.new(start.outputs[0], bake.inputs[0])
    group.links.new(bake.outputs[0], out.inputs[0])
    modifier = thing.modifiers.new("Baked", "NODES")
    modifier.node_group = group
    if hasattr(modifier, "bake_target"):
        modifier.bake_target = "DISK"
    bpy.context.view_layer.update()
    modifier.bake_directory = str(folder / "bakes")
    modifier.bakes[0].bake_mode = "STILL"
    bpy.ops.object.geometry_node_bake_single(
        session_uid=thing.session_uid, modifier_name="Baked", bake_id=modifier.bakes[0].bake_id
    )
    save(blend)
    return sorted(file for file in (folder / "bakes").rglob("*") if file.is_file())


def dynamic_paint(folder: Path) -> list[Path]:
    thing = plane()
    blend = save(folder / "scene.blend")
    modifier = thing.modifiers.new("Canvas", "DYNAMIC_PAINT")
    modifier.ui_type = "CANVAS"
    bpy.ops.dpaint.type_toggle(type="CANVAS")
    surface = modifier.canvas_settings.canvas_surfaces[0]
    surface.surface_format = "VERTEX"
    surface.surface_type = "WAVE"
    _bake_points(surface.point_cache)
    save(blend)
    return sorted((folder / "blendcache_scene").glob("*.bphys"))


def rigid_bodies(folder: Path) -> list[Path]:
    """Nothing: Blender keeps the cache of rigid bodies in the .blend alone, and offers no other place."""
    plane()
    blend = save(folder / "scene.blend")
    bpy.ops.rigidbody.world_add()
    bpy.ops.rigidbody.object_add(type="ACTIVE")
    cache = bpy.context.scene.rigidbody_world.point_cache
    cache.frame_start, cache.frame_end = 1, 6
    bpy.ops.ptcache.bake_all(bake=True)
    save(blend)
    return sorted((folder / "blendcache_scene").glob("*.bphys"))


def _liquid() -> Any:
    """A domain with a ball of liquid in it."""
    plane()
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.8, segments=8, ring_count=6)
    ball = bpy.context.object
    ball.modifiers.new("Fluid", "FLUID").fluid_type = "FLOW"
    ball.modifiers["Fluid"].flow_settings.flow_type = "LIQUID"
    ball.hide_render = True
    bpy.ops.mesh.primitive_cube_add(size=3)
    return bpy.context.object


def _bake_points(cache: Any) -> None:
    cache.use_disk_cache = True
    cache.frame_start, cache.frame_end = 1, 6
    with bpy.context.temp_override(scene=bpy.context.scene, point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)
