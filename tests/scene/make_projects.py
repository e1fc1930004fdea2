"""Makes one small project for each kind of file that a render can read.  Runs in a Blender:

    blender -b … --python make_projects.py -- FOLDER      or      python-with-bpy make_projects.py -- FOLDER

FOLDER/KIND/… gets the project, FOLDER/expected.json what a scan of frames 3 to 5 must find:
KIND → the .blend and its files.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import cache_projects
import library_projects
import node_projects
import picture_projects

KINDS: tuple[Callable[[Path], list[Path]], ...] = (
    picture_projects.image,
    picture_projects.image_absolute,
    picture_projects.packed_image,
    picture_projects.tiles,
    picture_projects.sequence,
    node_projects.font,
    library_projects.library_chain,
    library_projects.library_with_absolute_paths,
    library_projects.library_override,
    picture_projects.world,
    node_projects.ies,
    node_projects.script,
    cache_projects.alembic,
    cache_projects.volume_sequence,
    cache_projects.mesh_cache,
    cache_projects.point_cache,
    cache_projects.fluid_cache,
    cache_projects.ocean,
    picture_projects.compositor,
    picture_projects.image_strip,
    picture_projects.clip,
    picture_projects.stereo_image,
    picture_projects.movie,
    picture_projects.movie_strip,
    picture_projects.sound_strip,
    picture_projects.sound_that_nobody_renders,
    picture_projects.movie_clip,
    cache_projects.multires,
    cache_projects.nodes_bake,
    cache_projects.dynamic_paint,
    cache_projects.rigid_bodies,
    picture_projects.only_other_scenes,
)
SINCE_4_5 = (node_projects.node_path, cache_projects.usd)  # bpy 4.2 brings no pxr
SINCE_5_0 = (library_projects.packed_libraries,)


# Distributions and bpy leave out parts of Blender.
NEEDS = {
    cache_projects.alembic: "alembic",
    cache_projects.usd: "usd",
    cache_projects.ocean: "mod_oceansim",
    picture_projects.sound_strip: "audaspace",
    picture_projects.sound_that_nobody_renders: "audaspace",
}


def main(folder: Path) -> None:
    options = bpy.app.build_options
    kinds = [*KINDS]
    kinds += SINCE_4_5 if bpy.app.version >= (4, 5, 0) else ()
    kinds += SINCE_5_0 if bpy.app.version >= (5, 0, 0) else ()
    expected = {}
    for make in [each for each in kinds if each not in NEEDS or getattr(options, NEEDS[each])]:
        project = folder / make.__name__
        files = make(project)
        expected[make.__name__] = {"blend": bpy.data.filepath, "files": sorted(str(file) for file in files)}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[sys.argv.index("--") + 1]))
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
