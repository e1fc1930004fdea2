"""Simulations that are not baked, or whose files are gone. Runs in a Blender."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import cache_projects
import do_in_blender
import making
import physics_projects


def unbaked_cloth(_folder: Path) -> None:
    making.plane().modifiers.new("Cloth", "CLOTH")


def partly_baked_cloth(folder: Path) -> None:
    physics_projects.point_cache(folder)
    bpy.context.scene.frame_end = 50


def cloth_files_gone(folder: Path) -> None:
    physics_projects.point_cache(folder)
    shutil.rmtree(folder / "blendcache_scene")


def cloth_files_partly_gone(folder: Path) -> None:
    """Frames 4 to 6 of 1 to 6."""
    for file in physics_projects.point_cache(folder)[3:]:
        file.unlink()


def cloth_in_memory(folder: Path) -> None:
    making.plane()
    making.save(folder / "scene.blend")
    cache = bpy.context.object.modifiers.new("Cloth", "CLOTH").point_cache
    cache.frame_start, cache.frame_end = 1, 6
    with bpy.context.temp_override(scene=bpy.context.scene, point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)


def external_cloth(folder: Path) -> Path:
    files = physics_projects.point_cache(folder)
    outside = folder / "outside"
    outside.mkdir()
    for file in files:
        file.rename(outside / ("flag" + file.name[file.name.index("_") :]))
    cache = bpy.context.object.modifiers["Cloth"].point_cache
    cache.use_external, cache.filepath, cache.name, cache.index = True, str(outside), "flag", 0
    making.save(folder / "scene.blend")
    return outside


def whole_external_cloth(folder: Path) -> None:
    external_cloth(folder)


def external_cloth_gone(folder: Path) -> None:
    shutil.rmtree(external_cloth(folder))


def external_cloth_found(folder: Path) -> None:
    outside = external_cloth(folder)
    elsewhere = outside.rename(folder / "elsewhere")
    relocate = do_in_blender.part("scene.fixes.relocate").relocate
    assert relocate(bpy.context.scene, str(outside), str(elsewhere)) == 1


def external_cloth_partly_gone(folder: Path) -> None:
    for file in sorted(external_cloth(folder).iterdir())[3:]:
        file.unlink()


def unbaked_cloth_that_is_never_rendered(_folder: Path) -> None:
    making.plane()
    _plane_beside().modifiers.new("Cloth", "CLOTH")
    bpy.context.object.hide_render = True


def unbaked_cloth_in_a_linked_instance(folder: Path) -> None:
    flag = making.plane()
    flag.modifiers.new("Cloth", "CLOTH")
    asset = bpy.data.collections.new("Asset")
    asset.objects.link(flag)
    asset.use_fake_user = True
    library = making.save(folder / "flag.blend")
    thing = making.plane()
    bpy.data.objects.remove(thing)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Asset"]
    stand_in = bpy.data.objects.new("Instance", None)
    stand_in.instance_type, stand_in.instance_collection = "COLLECTION", wanted.collections[0]
    bpy.context.scene.collection.objects.link(stand_in)
    making.save(folder / "scene.blend")


def still_particles(_folder: Path) -> None:
    _emitter("NO")


def particles_on_a_thing_that_moves(_folder: Path) -> None:
    thing = _emitter("NO")
    for frame in (1, 20):
        thing.location.x = frame
        thing.keyframe_insert("location", frame=frame)


def falling_particles(_folder: Path) -> None:
    _emitter("NEWTON")


def cloth_at_its_start(_folder: Path) -> None:
    making.plane().modifiers.new("Cloth", "CLOTH")
    bpy.context.scene.frame_start = bpy.context.scene.frame_end = 1


def cloth_at_its_start_with_motion_blur(folder: Path) -> None:
    cloth_at_its_start(folder)
    bpy.context.scene.render.use_motion_blur = True


def passive_bodies(_folder: Path) -> None:
    _body("PASSIVE")


def animated_bodies(_folder: Path) -> None:
    _body("ACTIVE").kinematic = True


def falling_bodies(_folder: Path) -> None:
    _body("ACTIVE")


def bake_node_gone(folder: Path) -> None:
    cache_projects.nodes_bake(folder)
    shutil.rmtree(folder / "bakes")


def unbaked_zone(folder: Path) -> None:
    _zone(folder, is_baked=False)


def whole_zone(folder: Path) -> None:
    _zone(folder)


def partly_baked_zone(folder: Path) -> None:
    _zone(folder)
    bpy.context.scene.frame_end = 9


def zone_files_gone(folder: Path) -> None:
    _zone(folder)
    shutil.rmtree(folder / "bakes")
    (folder / "bakes").mkdir()


def zone_kept_in_the_blend(folder: Path) -> None:
    _zone(folder, is_baked=False)
    bpy.context.object.modifiers[0].bake_target = "PACKED"


def whole_fluid(folder: Path) -> None:
    cache_projects.fluid_cache(folder)


def fluid_without_the_data_behind_its_mesh(folder: Path) -> None:
    cache_projects.fluid_cache(folder)
    shutil.rmtree(folder / "caches" / "fluid" / "data")


def fluid_files_partly_gone(folder: Path) -> None:
    for file in cache_projects.fluid_cache(folder):
        if "_0004." in file.name:
            file.unlink()


def fluid_files_gone(folder: Path) -> None:
    cache_projects.fluid_cache(folder)
    shutil.rmtree(folder / "caches")
    do_in_blender.open_blend(bpy.data.filepath)


def _zone(folder: Path, is_baked: bool = True) -> None:
    """Geometry nodes that simulate frames 1 to 6, baked to disk."""
    thing = making.plane()
    blend = making.save(folder / "scene.blend")
    group = bpy.data.node_groups.new("Zone", "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    start, out = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    enter, leave = group.nodes.new("GeometryNodeSimulationInput"), group.nodes.new("GeometryNodeSimulationOutput")
    enter.pair_with_output(leave)
    group.links.new(start.outputs[0], enter.inputs[0])
    group.links.new(enter.outputs["Geometry"], leave.inputs["Geometry"])
    group.links.new(leave.outputs["Geometry"], out.inputs[0])
    modifier = thing.modifiers.new("Zone", "NODES")
    modifier.node_group = group
    if hasattr(modifier, "bake_target"):
        modifier.bake_target = "DISK"
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 6
    if is_baked:
        modifier.bake_directory = str(folder / "bakes")
        bpy.ops.object.geometry_node_bake_single(
            session_uid=thing.session_uid, modifier_name="Zone", bake_id=modifier.bakes[0].bake_id
        )
    making.save(blend)


def _emitter(physics: str) -> Any:
    thing = making.plane()
    thing.modifiers.new("Dust", "PARTICLE_SYSTEM")
    thing.particle_systems[0].settings.physics_type = physics
    return thing


def _body(kind: str) -> Any:
    thing = making.plane()
    bpy.context.view_layer.objects.active = thing
    bpy.ops.rigidbody.world_add()
    bpy.ops.rigidbody.object_add(type=kind)
    return thing.rigid_body


def _plane_beside() -> Any:
    """Another plane in the open scene."""
    bpy.ops.mesh.primitive_plane_add(size=1, location=(0, 0, 1))
    return bpy.context.object


SCENES: tuple[Callable[[Path], dict[str, Any] | None], ...] = (
    unbaked_cloth,
    partly_baked_cloth,
    cloth_files_gone,
    cloth_files_partly_gone,
    cloth_in_memory,
    whole_external_cloth,
    external_cloth_gone,
    external_cloth_found,
    external_cloth_partly_gone,
    unbaked_cloth_that_is_never_rendered,
    unbaked_cloth_in_a_linked_instance,
    still_particles,
    particles_on_a_thing_that_moves,
    falling_particles,
    cloth_at_its_start,
    cloth_at_its_start_with_motion_blur,
    passive_bodies,
    animated_bodies,
    falling_bodies,
    bake_node_gone,
    unbaked_zone,
    whole_zone,
    partly_baked_zone,
    zone_files_gone,
    *((zone_kept_in_the_blend,) if bpy.app.version >= (4, 3, 0) else ()),
    *(
        (whole_fluid, fluid_without_the_data_behind_its_mesh, fluid_files_partly_gone, fluid_files_gone)
        if making.bakes_fluids()
        else ()
    ),
)
