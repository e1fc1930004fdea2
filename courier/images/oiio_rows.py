"""A program: prints the colors of an image, read by OpenImageIO. Uses nothing of Farmhand but landlock.py.

The image comes from a server and may attack its reader: on Linux, if the kernel can, this process gives up all other
files and the network before it opens the image.

    python -I oiio_rows.py FOLDER PICTURE [CHANNEL CHANNEL CHANNEL]

FOLDER holds the module OpenImageIO; "" if Python finds it by itself. The first line of the output is JSON: width,
height, and the struct letter of one value. Then come the rows, each as all red, all green and all blue values.
"""

import contextlib
import ctypes
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

_NAME = "OpenImageIO"
_LANDLOCK = Path(__file__).resolve().parents[2] / "jobs" / "process" / "landlock.py"
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_ROWS = 256
_MAX_PIXELS = 16384 * 16384
_MAX_MIB = 1024
"""Of pixels that one read may unpack."""


def main(folder: str, picture: str, *channels: str) -> int:
    """Returns 1 if it is not an image with these channels."""
    _prepare(folder)
    oiio = _module(folder)
    with contextlib.suppress(ImportError):
        importlib.import_module("numpy")  # the module imports it later, when that is forbidden
    _confine(picture)
    oiio.attribute("limits:imagesize_MB", _MAX_MIB)
    source = oiio.ImageInput.open(picture)
    if source is None:
        return 1
    spec = source.spec()
    names = [str(name) for name in spec.channelnames]
    wanted = list(channels or ("R", "G", "B"))
    if spec.get_string_attribute("dpx:Transfer") not in ("", "Linear"):
        return 1  # Blender's Log option
    if spec.tile_width or spec.width * spec.height > _MAX_PIXELS or not set(wanted) <= set(names):
        return 1
    places = [names.index(one) for one in wanted]
    is_byte = str(spec.format) == "uint8"
    head = {"width": spec.width, "height": spec.height, "letter": "B" if is_byte else "f"}
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for top in range(spec.y, spec.y + spec.height, _ROWS):
        bottom = min(top + _ROWS, spec.y + spec.height)
        rows = source.read_scanlines(top, bottom, spec.z, 0, spec.nchannels, "uint8" if is_byte else "float")
        if rows is None:
            return 1
        out.write(rows.reshape(bottom - top, spec.width, spec.nchannels)[:, :, places].transpose(0, 2, 1).tobytes())
    return 0


def _module(folder: str) -> Any:
    if not folder:
        return importlib.import_module(_NAME)
    place = Path(folder, _NAME)
    spec = importlib.util.spec_from_file_location(_NAME, place / "__init__.py", submodule_search_locations=[str(place)])
    assert spec is not None and spec.loader is not None
    module = sys.modules[_NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _prepare(folder: str) -> None:
    """Add the module's libraries on Windows; on Linux, limit the memory to what an image needs."""
    if sys.platform == "win32":
        program = [Path(sys.prefix).parent.parent, *list(Path(folder).parents)[:6]]
        for place in {one / name for one in program for name in ("", "blender.shared")}:
            if place.is_dir():
                os.add_dll_directory(str(place))
    elif sys.platform == "linux":
        import resource

        most = 8 * _MAX_MIB * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _confine(picture: str) -> None:
    """Restrict this process to reading that one file, as far as the system allows."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)  # an empty network; fails with a second thread
        spec = importlib.util.spec_from_file_location("landlock", _LANDLOCK)
        assert spec is not None and spec.loader is not None
        landlock = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(landlock)
        if landlock.version():
            landlock.restrict({"readable": [picture], "writable": [], "devices": []})
        landlock.drop_capabilities()  # those of root, and of the new user namespace


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
