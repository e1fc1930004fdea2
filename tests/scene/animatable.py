"""Lists the properties of this Blender that can be animated and decide something. Runs in a Blender:

blender -b … --python animatable.py -- ANSWER.json      or      python-with-bpy animatable.py -- ANSWER.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import bpy

DECIDE = ("BOOLEAN", "INT", "FLOAT", "ENUM")


def animatable() -> dict[str, list[str]]:
    """Property → the structs in which it can be animated."""
    found: dict[str, list[str]] = {}
    for name in dir(bpy.types):
        for one in getattr(getattr(bpy.types, name), "bl_rna", bpy.types.Struct.bl_rna).properties:
            if one.type in DECIDE and one.is_animatable and not one.is_readonly:
                found.setdefault(one.identifier, []).append(name)
    return found


if __name__ == "__main__":
    Path(sys.argv[sys.argv.index("--") + 1]).write_text(json.dumps(animatable()))
    sys.stdout.flush()
    os._exit(0)
