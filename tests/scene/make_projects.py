"""Makes one small project for each kind of file that a render can read. Runs in a Blender:

    blender -b … --python make_projects.py -- FOLDER      or      python-with-bpy make_projects.py -- FOLDER

FOLDER/KIND/… gets the project, FOLDER/expected.json what a scan of frames 3 to 5 must find:
KIND → the .blend and its files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import animated_projects
import as_program
import cache_projects
import collection_projects
import composite_projects
import data_time_projects
import library_projects
import name_projects
import node_projects
import physics_projects
import picture_projects
import strip_projects
from kinds import KINDS, cannot_exist

MODULES = (
    *(cache_projects, library_projects, node_projects, physics_projects, picture_projects, strip_projects),
    *(animated_projects, data_time_projects, collection_projects, composite_projects),
    name_projects,
)


def main(folder: Path) -> None:
    expected = {}
    for kind in KINDS:
        if not cannot_exist(kind, bpy.app.version, bpy.app.build_options):
            files = maker(kind)(folder / kind)
            expected[kind] = {"blend": bpy.data.filepath, "files": sorted(str(file) for file in files)}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))


def maker(kind: str) -> Callable[[Path], list[Path]]:
    """The function of that name, in whichever module."""
    return next(getattr(module, kind) for module in MODULES if hasattr(module, kind))


if __name__ == "__main__":
    as_program.run(main)
