"""Saves the scenes of broken_scenes.py that can be rendered. Runs in a Blender: FOLDER.

FOLDER/NAME/… gets each, FOLDER/expected.json their .blend files by name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program
import broken_scenes

NOT_RENDERED = {
    "huge_texture": "gigabytes",
    "missing_strip": "5.0 crashes",
    "truncated_library": "Blender opens the file with an error",
    "foreign_engine": "its engine is a class of the test",
    "no_camera": "Blender refuses",
    "no_layer_in_use": "Blender refuses",
    "hidden_camera_of_a_marker": "Blender refuses",
}


def main(folder: Path) -> None:
    saved = {}
    for make in broken_scenes.SCENES:
        place = folder / make.__name__
        place.mkdir()
        undo = make(place)
        if make.__name__ not in NOT_RENDERED:
            blend = bpy.data.filepath or str(place / "scene.blend")
            bpy.ops.wm.save_as_mainfile(filepath=blend)
            saved[make.__name__] = {"blend": blend}
        if callable(undo):
            undo()
    (folder / "expected.json").write_text(json.dumps(saved))


if __name__ == "__main__":
    as_program.run(main)
