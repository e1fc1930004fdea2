"""Lists the properties of this Blender that name a file or a folder. Runs in a Blender:

blender -b … --python path_properties.py -- ANSWER.json      or      python-with-bpy path_properties.py -- ANSWER.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy

_PATHS = ("FILE_PATH", "DIR_PATH", "FILE_NAME")
_WORDS = ("filepath", "directory", "file_path", "filename")


def path_properties() -> list[str]:
    """For example Image.filepath: each once, with the struct that brings it."""
    found = set()
    for name in dir(bpy.types):
        rna: Any = getattr(getattr(bpy.types, name), "bl_rna", None)
        for one in rna.properties if rna is not None else ():
            named = one.subtype in _PATHS or any(word in one.identifier for word in _WORDS)
            if one.type == "STRING" and named:
                found.add(f"{_first_with(rna, one.identifier).identifier}.{one.identifier}")
    return sorted(found)


def _first_with(rna: Any, name: str) -> Any:
    while rna.base is not None and name in rna.base.properties:
        rna = rna.base
    return rna


if __name__ == "__main__":
    Path(sys.argv[sys.argv.index("--") + 1]).write_text(json.dumps(path_properties()))
    sys.stdout.flush()
    os._exit(0)
