"""An OpenColorIO config of a studio: Blender's own with one more view, which reads a table of its own."""

import shutil
import subprocess
from pathlib import Path

VIEW = "Show Look"


def make(python: Path, folder: Path) -> Path:
    """The config. python: one that has bpy."""
    code = "import bpy, sys; print(bpy.utils.resource_path('LOCAL'))"
    printed = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout
    own = Path(printed.strip().splitlines()[-1], "datafiles", "colormanagement")
    shutil.copytree(own, folder)
    (folder / "tables").mkdir()
    # A tenth of everything.
    (folder / "tables" / "dim.spi1d").write_text(
        "Version 1\nFrom 0.0 1.0\nLength 2\nComponents 1\n{\n0.0\n0.1\n}\n", encoding="utf-8"
    )
    # A table that names another one.
    (folder / "tables" / "show.ctf").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<ProcessList id="show" version="1.3">\n'
        '<Reference inBitDepth="32f" outBitDepth="32f" path="dim.spi1d" />\n</ProcessList>\n',
        encoding="utf-8",
    )
    config = folder / "config.ocio"
    lines = config.read_text(encoding="utf-8").split("\n")
    place = next(at for at, line in enumerate(lines) if line.lstrip().startswith("- !<View> {name: Standard"))
    lines.insert(place, f"    - !<View> {{name: {VIEW}, colorspace: Show Space}}")
    views = next(at for at, line in enumerate(lines) if line.startswith("active_views: ["))
    lines[views] = lines[views].replace("[", f"[{VIEW}, ", 1)
    spaces = lines.index("colorspaces:")
    lines[spaces + 1 : spaces + 1] = [
        "  - !<ColorSpace>",
        "    name: Show Space",
        "    isdata: false",
        "    from_scene_reference: !<FileTransform>",
        "      src: ${SHOW}.ctf",
        "      interpolation: linear",
        "",
    ]
    lines[1:1] = ["environment:", "  SHOW: show"]
    text = "\n".join(lines)
    searched = text.index("search_path:")
    end = text.index("\n", searched)
    old = text[searched:end].removeprefix("search_path:").strip()
    parts = [part.strip() for part in old.strip("[]").replace('"', "").split(":" if "[" not in old else ",")]
    block = "search_path:\n" + "\n".join(f"  - {part}" for part in (*parts, "tables"))
    config.write_text(text[:searched] + block + text[end:], encoding="utf-8")
    return config
