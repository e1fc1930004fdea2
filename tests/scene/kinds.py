"""The kinds of projects, each made by the function of that name in a module *_projects.py, and where they cannot be.

Knows no bpy: the tests outside Blender read it too.
"""

from __future__ import annotations

from typing import Any

KINDS = (
    "image",
    "image_absolute",
    "packed_image",
    "tiles",
    "sequence",
    "sequence_before_its_start",
    "sequence_in_geometry",
    "sequence_by_image_node",
    "image_by_modifier",
    "stereo_image",
    "stereo_sequence",
    "world",
    "movie",
    "movie_clip",
    "clip",
    "active_clip",
    "compositor",
    "compositor_of_other_scenes",
    "only_other_scenes",
    "hidden",
    "font",
    "library_chain",
    "library_with_absolute_paths",
    "library_override",
    "packed_libraries",
    "ies",
    "script",
    "script_includes",
    "script_text",
    "script_camera",
    "freestyle_script",
    "node_path",
    "modifier_path",
    "modifier_text",
    "nested_path",
    "computed_path",
    "alembic",
    "alembic_sequence",
    "alembic_sequence_held",
    "usd",
    "usd_sequence",
    "volume_sequence",
    "mesh_cache",
    "multires",
    "ocean",
    "fluid_cache",
    "nodes_bake",
    "nodes_bake_in_the_project",
    "simulation_zone",
    "point_cache",
    "cloth_non_ascii",
    "cloth_external",
    "cloth_beside_the_library",
    "cloth_beside_the_scene",
    "soft_body",
    "particles",
    "dynamic_paint",
    "rigid_bodies",
    "image_strip",
    "trimmed_strip",
    "strips_of_one_folder",
    "reversed_strip",
    "sped_strip",
    "muted_input",
    "muted_channel",
    "muted_meta",
    "meta_strip",
    "stereo_strip",
    "movie_strip",
    "sound_strip",
    "sound_that_nobody_renders",
    "scene_strip",
    "background_scene",
)

# The version that brought the thing.
_SINCE = {
    "packed_libraries": (5, 0, 0),
    "script_camera": (5, 0, 0),
    # Nodes that read files.
    "node_path": (4, 5, 0),
    "modifier_path": (4, 5, 0),
    "modifier_text": (4, 5, 0),
    "nested_path": (4, 5, 0),
    "computed_path": (4, 5, 0),
    # bpy 4.2 brings no pxr to list layers with.
    "usd": (4, 5, 0),
}

# The part of Blender that distributions and bpy may leave out: Debian has neither Alembic nor USD, bpy 4.2 no sound.
_NEEDS = {
    "alembic": "alembic",
    "alembic_sequence": "alembic",
    "alembic_sequence_held": "alembic",
    "usd": "usd",
    "usd_sequence": "usd",
    "ocean": "mod_oceansim",
    "sound_strip": "audaspace",
    "sound_that_nobody_renders": "audaspace",
}


def cannot_exist(kind: str, version: tuple[int, ...], build_options: Any) -> bool:
    """Whether this Blender has no such thing."""
    return tuple(version) < _SINCE.get(kind, ()) or not getattr(build_options, _NEEDS.get(kind, "cycles"))
