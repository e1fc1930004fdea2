"""Projects that read caches and bakes; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import bpy
from making import (
    bake_node,
    bake_nodes,
    baked_files,
    bakes_fluids,
    geometry_group,
    image_file,
    plane,
    save,
    stored_relative,
    volume_file,
)


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


def alembic_layer(folder: Path) -> list[Path]:
    """A layer over the cache, named as Windows does; each system's Blender opens it."""
    (file,) = alembic(folder)
    layer = file.with_name("layer.abc")
    layer.write_bytes(file.read_bytes())
    bpy.data.cache_files[0].layers.new(filepath="//caches\\layer.abc")
    save(folder / "scene.blend")
    return [file, layer]


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


def usd_materials(folder: Path) -> list[Path]:
    """A USD file whose material comes from a MaterialX file; its plane is smaller than the scene's."""
    for corner in plane().data.vertices:
        corner.co *= 0.3
    shot, look = folder / "shot.usda", folder / "looks" / "paint.mtlx"
    look.parent.mkdir(parents=True)
    look.write_text(
        '<?xml version="1.0"?>\n<materialx version="1.38">\n'
        '  <standard_surface name="Surface" type="surfaceshader"/>\n'
        '  <surfacematerial name="Paint" type="material">\n'
        '    <input name="surfaceshader" type="surfaceshader" nodename="Surface"/>\n'
        "  </surfacematerial>\n</materialx>\n"
    )
    bpy.ops.wm.usd_export(filepath=str(shot), export_animation=False, export_materials=False, root_prim_path="/root")
    text = shot.read_text()
    shot.write_text(f'{text}\ndef "looks" (\n    references = @./looks/paint.mtlx@</MaterialX>\n)\n{{\n}}\n')
    thing = plane()
    reader = thing.modifiers.new("Reads", "MESH_SEQUENCE_CACHE")
    reader.cache_file, reader.object_path = _cache_file(shot), "/root/Plane/Plane"
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return [look, shot]


def volume_sequence(folder: Path) -> list[Path]:
    made = [volume_file(folder / "vdb" / f"smoke_{number:03d}.vdb", number / 8) for number in range(1, 9)]
    thing = plane()
    volume = bpy.data.volumes.new("Smoke")
    volume.filepath = str(made[0])
    volume.is_sequence = True
    volume.frame_duration = 8
    volume.frame_start = 1
    smoke = bpy.data.objects.new("Smoke", volume)
    bpy.context.scene.collection.objects.link(smoke)
    # Debian's Cycles draws no volumes, but meshes made of them.
    mesh = thing.modifiers.new("Mesh", "VOLUME_TO_MESH")
    mesh.object, mesh.grid_name = smoke, "density"
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


def fluid_cache(folder: Path) -> list[Path]:
    """Baked where a Blender without a window can; else files stand in for a bake."""
    bakes = bakes_fluids()
    domain = _liquid() if bakes else plane()
    modifier = domain.modifiers.new("Fluid", "FLUID")
    modifier.fluid_type = "DOMAIN"
    caches = folder / "caches" / "fluid"
    image_file(caches / "playblasts" / "old.png")  # not of the cache
    modifier.domain_settings.cache_directory = str(caches)
    save(folder / "scene.blend")
    if bakes:
        settings = modifier.domain_settings
        settings.domain_type, settings.cache_type, settings.resolution_max = "LIQUID", "ALL", 12
        settings.use_mesh = True
        settings.cache_frame_start, settings.cache_frame_end = 1, 6
        bpy.ops.fluid.bake_all()
        save(folder / "scene.blend")
        return sorted(file for part in ("config", "data", "mesh") for file in (caches / part).iterdir())
    made = []
    for name in ("config/config_0003.uni", "data/fluid_data_0003.vdb"):
        file = caches / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"cache of " + name.encode())
        made.append(file)
    return made


def ocean(folder: Path) -> list[Path]:
    """Baked in a job, which ends with its scene; in bpy of 4.2 and 5.0 it ends nowhere, and Blender reads no file."""
    thing = plane()
    modifier = thing.modifiers.new("Ocean", "OCEAN")
    modifier.resolution = modifier.viewport_resolution = 2
    modifier.frame_start, modifier.frame_end = 1, 8
    modifier.use_foam = modifier.use_spray = modifier.use_normals = True
    sea = folder / "sea"
    modifier.filepath = str(sea)
    sea.mkdir(parents=True)
    scene = bpy.context.scene
    kept = scene.copy()
    kept.use_fake_user = True
    bpy.ops.object.ocean_bake(modifier="Ocean")
    made = baked_files(sea, ".exr", 4 * 8)
    bpy.context.window.scene = kept
    bpy.data.scenes.remove(scene)
    save(folder / "scene.blend")
    if not modifier.is_cached:
        return []
    return [file for file in made if 3 <= int(file.stem[-4:]) <= 5]


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


def nodes_bake(folder: Path, bakes: str = "bakes") -> list[Path]:
    """A Bake node, baked into the folder of its modifier; what it would compute now looks different."""
    thing = plane()
    blend = save(folder / "scene.blend")
    group, start, out = geometry_group(thing, "Baked")
    move, bake = group.nodes.new("GeometryNodeTransform"), bake_node(group)
    move.inputs["Translation"].default_value = (1, 1, 0)
    group.links.new(start.outputs[0], move.inputs[0])
    group.links.new(move.outputs[0], bake.inputs[0])
    group.links.new(bake.outputs[0], out.inputs[0])
    bake_nodes(thing, folder / bakes)
    baked = sorted(file for file in folder.rglob("*") if file.is_file() and file != blend)
    move.inputs["Translation"].default_value = (-1, 0, 0)
    save(blend)
    return baked


def nodes_bake_in_the_project(folder: Path) -> list[Path]:
    """The bake's folder is that of the .blend, with everything else of the project."""
    baked = nodes_bake(folder, bakes="")
    image_file(folder / "drafts" / "secret.png")
    image_file(folder / "meta" / "secret.png")
    return baked


def simulation_zone(folder: Path) -> list[Path]:
    """Moves the plane a little in each frame."""
    thing = plane()
    blend = save(folder / "scene.blend")
    group, start, out = geometry_group(thing, "Drifts")
    first, last = group.nodes.new("GeometryNodeSimulationInput"), group.nodes.new("GeometryNodeSimulationOutput")
    first.pair_with_output(last)
    move = group.nodes.new("GeometryNodeTransform")
    move.inputs["Translation"].default_value = (0.3, 0, 0)
    group.links.new(start.outputs[0], first.inputs["Geometry"])
    group.links.new(first.outputs["Geometry"], move.inputs[0])
    group.links.new(move.outputs[0], last.inputs["Geometry"])
    group.links.new(last.outputs["Geometry"], out.inputs[0])
    scene = bpy.context.scene
    first_frame, scene.frame_start = scene.frame_start, 1
    bake_nodes(thing, folder / "bakes", still=False)
    scene.frame_start = first_frame
    save(blend)
    return sorted(file for file in (folder / "bakes").rglob("*") if file.is_file())


def alembic_sequence(folder: Path) -> list[Path]:
    made = []
    thing = plane()
    for number in range(1, 7):
        thing.location.x = number * 0.4 - 1
        made.append(folder / "abc" / f"step_{number:04d}.abc")
        made[-1].parent.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.alembic_export(filepath=str(made[-1]), start=number, end=number, as_background_job=False)
    _only_camera()
    bpy.ops.wm.alembic_import(
        filepath=str(made[0]), as_background_job=False, is_sequence=True, always_add_cache_reader=True
    )
    bpy.context.scene.camera = next(each for each in bpy.data.objects if each.type == "CAMERA")
    (cache,) = bpy.data.cache_files
    cache.is_sequence = True
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return made[2:5]


def alembic_sequence_held(folder: Path) -> list[Path]:
    """Blender cuts off the fraction of the frame that the cache is held at."""
    alembic_sequence(folder)
    (cache,) = bpy.data.cache_files
    cache.override_frame, cache.frame = True, 3.6
    save(folder / "scene.blend")
    return [folder / "abc" / "step_0003.abc"]


def usd_sequence(folder: Path) -> list[Path]:
    made = []
    thing = plane()
    scene = bpy.context.scene
    for number in range(1, 7):
        thing.location.x = number * 0.4 - 1
        scene.frame_start = scene.frame_end = number
        made.append(folder / "usd" / f"step_{number:04d}.usdc")
        made[-1].parent.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.usd_export(filepath=str(made[-1]), export_animation=True, export_materials=False)
    thing = plane()
    thing.animation_data_clear()
    cache = _cache_file(made[0])
    cache.is_sequence = True
    reader = thing.modifiers.new("Reads", "MESH_SEQUENCE_CACHE")
    reader.cache_file = cache
    reader.object_path = "/root/Plane/Plane"
    moves = thing.constraints.new("TRANSFORM_CACHE")
    moves.cache_file = cache
    moves.object_path = "/root/Plane"
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return made[2:5]


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


def _only_camera() -> None:
    plane()
    for thing in [each for each in bpy.data.objects if each.type == "MESH"]:
        bpy.data.objects.remove(thing)


def _cache_file(file: Path) -> Any:
    bpy.ops.cachefile.open(filepath=str(file))
    return bpy.data.cache_files[-1]
