"""Pixels of images that the standard library cannot unpack fast enough, read by Blender's OpenImageIO.

Images come from a server, and OpenImageIO is C++: it reads them in a process of its own, which may crash or hang, has
no keys, and on Linux no other file and no network. An image that cannot be read here does not count as broken.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ...jobs.process.child_process import NO_WINDOW
from . import exr
from .black import Darkness, FaintLight, consists_of
from .sampling import Color, Grid, Samples

_SECONDS = 60
_KINDS = ("JPEG", "WebP", "JPEG 2000", "BMP", "PNG", "TIFF", "DPX", "Radiance HDR", "OpenEXR")
_LIGHT = ("DPX", "Radiance HDR", "OpenEXR")
"""What Blender writes as scene linear light."""
_MODULE = "OpenImageIO"
_PROGRAM = Path(__file__).with_name("oiio_rows.py")
_ENVIRONMENT = ("SYSTEMROOT", "TEMP", "TMP")


def sample(path: Path, kind: str) -> Samples | None:
    """Pixels of the picture, and whether all are black; None when there is no OpenImageIO, or it cannot read it."""
    found = find()
    if found is None or kind not in _KINDS:
        return None
    python, folder = found
    try:
        channels = _exr_channels(path) if kind == "OpenEXR" else []
    except (ValueError, IndexError, struct.error):
        return None
    command = [python, "-I", str(_PROGRAM), folder, str(path.absolute()), *channels]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot leave the network
    with tempfile.TemporaryFile() as rows:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=rows,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
                env=environment,
                creationflags=NO_WINDOW,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        rows.seek(0)
        return _samples(rows, is_light=kind in _LIGHT) if done.returncode == 0 else None


@cache
def find() -> tuple[str, str] | None:
    """The Python that has OpenImageIO, and the folder to import it from, "" for Python's own path; None without one.

    A Blender's own Python has it. The Python of a bpy wheel keeps it inside the wheel.
    """
    if importlib.util.find_spec(_MODULE) is not None:
        return sys.executable, ""
    bpy = importlib.util.find_spec("bpy")
    for place in (bpy.submodule_search_locations or ()) if bpy else ():
        for found in Path(place).glob(f"*/python/lib/**/site-packages/{_MODULE}"):
            return sys.executable, str(found.parent)
    return None


def _exr_channels(path: Path) -> list[str]:
    with path.open("rb") as file:
        header = exr.read_lines(file, path.stat().st_size).header
    names = {name.rpartition(".")[2]: name for name in sorted(exr.color_names(header), reverse=True)}
    return [names[color] for color in exr.COLORS if color in names]


def _samples(rows: BinaryIO, *, is_light: bool) -> Samples | None:
    head = json.loads(rows.readline() or "{}")
    width, height, letter = int(head["width"]), int(head["height"]), str(head["letter"])
    if is_light != (letter == "f"):
        return None
    grid, dark, light = Grid(width, height), Darkness(width, height), FaintLight()
    channel, colors, may_be_black = struct.Struct(f"={width}{letter}"), list[Color](), True
    for at in range(height):
        data = rows.read(3 * channel.size)
        if may_be_black:
            channels = [data[start : start + channel.size] for start in range(0, len(data), channel.size)]
            lights = [memoryview(one).cast("f") for one in channels if is_light and not consists_of(one, 0)]
            may_be_black = light.takes(lights) if is_light else dark.takes(channels)
        if grid.has_row(at):
            colors.extend(grid.of_row(at, [channel.unpack_from(data, number * channel.size) for number in range(3)]))
    return Samples(colors, 0 if is_light else 8, may_be_black and (is_light or dark.is_black))
