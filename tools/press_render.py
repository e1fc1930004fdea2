"""Inside a background Blender with a file open and Farmhand installed: press *Render in Cloud*, then draw the sheet.

blender -b FILE --python tools/press_render.py -- ORDER

ORDER is JSON: frames ("" for the scene's range), scale and samples (0 for the scene's), output (folder), sheet (PNG, or
"" for none), and server and key for another server than This Computer. Prints how long the button was pressed, from the
click to the last frame.
"""

import json
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import contact_sheet


def main() -> None:
    """Set what the panel's fields would, press the button, and end with an error when it reports one."""
    order = json.loads(sys.argv[sys.argv.index("--") + 1])
    settings = bpy.context.scene.farmhand
    if order.get("server"):
        _choose_server(settings, order["server"], order["key"])
    settings.output_place, settings.output_folder = "FOLDER", order["output"]
    settings.existing = "replace"
    settings.use_frames = bool(order["frames"])
    if order["frames"]:
        settings.frames = order["frames"]
    _override(settings, "resolution_percentage", order["scale"])
    _override(settings, "sample_count", order["samples"])
    started = time.monotonic()
    try:
        bpy.ops.farmhand.submit(what="ANIMATION")
    except RuntimeError as error:  # this is how bpy raises an operator's error report
        sys.exit("Farmhand: " + " ".join(str(error).removeprefix("Error:").split()))
    print(f"Pressed for {time.monotonic() - started:.2f} s", flush=True)
    if order["sheet"]:
        contact_sheet.draw(Path(order["output"]), Path(order["sheet"]))


def _choose_server(settings: bpy.types.PropertyGroup, url: str, key: str) -> None:
    preferences = next(each for each in bpy.context.preferences.addons if each.module.endswith(".farmhand")).preferences
    preferences.custom_url, preferences.custom_key = url, key
    settings.server = "CUSTOM"


def _override(settings: bpy.types.PropertyGroup, name: str, value: int) -> None:
    if value:
        setattr(settings, f"use_{name}", True)
        setattr(settings, name, value)


if __name__ == "__main__":
    main()
