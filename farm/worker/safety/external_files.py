"""Keeps every path of the open .blend inside its package, and reports missing files.

A path that leads elsewhere, or that is not a plain path (FFmpeg accepts URLs such as `concat:a|b` and `http:`), is
replaced by one that leads nowhere and reported like a missing file, whether or not it exists on this machine.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import bpy

from ..cannot_render import CannotRender
from . import playlists
from .path_properties import PathFinder, PathProperty, type_names

Missing = dict[str, str]

_NOWHERE = "//not-in-the-package/"
_ANYWHERE = ""
"""In place of a package: no path is replaced."""
_BUILT_IN = "<builtin>"
_KINDS = {
    "Image": "image",
    "MovieClip": "movie clip",
    "Sound": "sound",
    "VectorFont": "font",
    "CacheFile": "cache",
    "CacheFileLayer": "cache",
    "Volume": "volume",
    "MovieStrip": "movie strip",
    "MovieSequence": "movie strip",
    "ImageStrip": "image strip",
    "ImageSequence": "image strip",
    "MeshCacheModifier": "cache",
    "MultiresModifier": "cache",
    "OceanModifier": "cache",
    "FluidDomainSettings": "cache",
    "PointCache": "cache",
    "ShaderNodeTexIES": "IES file",
    "ShaderNodeScript": "shader script",
    "Camera": "shader script",
    "NodeSocketStringFilePath": "imported file",
}
"""Types whose paths are told when the file is not there; other paths (proxies, for one) a render can do without."""
_IS_USED: dict[str, Callable[[Any], bool]] = {
    "Image": lambda image: image.source not in ("GENERATED", "VIEWER") and not image.packed_files,
    "PointCache": lambda cache: cache.use_external,
    "FluidDomainSettings": lambda domain: domain.cache_type != "REPLAY",
    "MultiresModifier": lambda modifier: modifier.is_external,
    "OceanModifier": lambda modifier: modifier.is_cached,
    "ShaderNodeTexIES": lambda node: node.mode == "EXTERNAL",
    "ShaderNodeScript": lambda node: node.mode == "EXTERNAL",
    "Camera": lambda camera: getattr(camera, "custom_mode", "") == "EXTERNAL" and camera.type == "CUSTOM",
    "NodeSocketStringFilePath": lambda socket: not socket.is_linked,
}
_PACKABLE = ("images", "movieclips", "sounds", "fonts", "volumes", "libraries")


class ExternalFiles:
    """Checks the files of any .blend that is opened, as long as no new types are registered."""

    def __init__(self) -> None:
        self._found: PathFinder | None = None

    def prepare(self) -> None:
        """Do what is the same for every file. An error that it meets is raised again when a file is opened."""
        with contextlib.suppress(Exception):
            self._found = PathFinder()

    def keep_inside(self, package: Path) -> list[Missing]:
        """Replace paths that leave the package. Returns what is missing: path as the artist wrote it, owner, kind.

        Raises CannotRender when a path cannot be replaced.
        """
        return self._look_at_all(os.path.realpath(package))

    def missing(self) -> list[Missing]:
        """The missing files of an artist's own .blend, whose paths may lead anywhere."""
        return self._look_at_all(_ANYWHERE)

    def _look_at_all(self, root: str) -> list[Missing]:
        missing = [*_libraries(root)]
        self._found = self._found or PathFinder()
        for each in list(self._found.find()):
            missing += _look_at(each, root)
        return missing


def packed_count() -> int:
    """How many files are packed into the .blend."""
    blocks = [block for name in _PACKABLE for block in getattr(bpy.data, name, ())]
    return sum(1 for block in blocks if getattr(block, "packed_file", None) is not None)


def inside(path: str, library: Any, root: str) -> str | None:
    """Where a path of the scene leads, or None when it leaves the package or is not a plain path.

    Args:
        path: as the scene has it.
        library: the linked .blend that the path is relative to; None for the opened file.
        root: the package's folder, resolved.
    """
    if root == _ANYWHERE:
        return os.path.realpath(bpy.path.abspath(path, library=library))
    if not path.startswith("//") and not Path(path).is_absolute():
        return None
    full = os.path.realpath(bpy.path.abspath(path, library=library))
    return full if full.startswith(root + os.sep) else None


def unchangeable_path(block: Any) -> CannotRender:
    """What to raise if a data-block's path leaves the package and cannot be replaced."""
    return CannotRender(
        "foreign_path",
        f"“{block.name_full}” reads a file outside the package, and its path cannot be changed. "
        "Make the file's paths relative or pack its data, and submit it again.",
    )


def _libraries(root: str) -> Iterable[Missing]:
    """Check linked .blends. Data linked from one outside the package is removed."""
    foreign = []
    for library in bpy.data.libraries:
        # Libraries that were packed with their data (5.0) live inside the file.
        if getattr(library, "is_archive", False) or getattr(library, "packed_file", None) is not None:
            continue
        full = inside(library.filepath, library.library, root)
        if full is None:
            foreign.append(library)
        if full is None or not Path(full).is_file():
            yield {"path": library.filepath, "owner": library.name_full, "kind": "library"}
    bpy.data.batch_remove(foreign)


def _look_at(each: PathProperty, root: str) -> Iterable[Missing]:
    value = each.value
    if each.subtype == "FILE_NAME":
        if root == _ANYWHERE:
            return
        name = re.split(r"[/\\]", value)[-1]
        if name != value or name in (".", ".."):
            _set(each, name.strip(".") or "_")
        return
    if not value or value == _BUILT_IN:
        return
    kind = next((_KINDS[name] for name in type_names(each.struct) if name in _KINDS), "")
    full = inside(value, each.block.library, root)
    if full is None or (kind and root != _ANYWHERE and playlists.is_one(each.struct, full)):
        _set(each, _NOWHERE + (re.split(r"[/\\:|]", value.rstrip("/\\"))[-1][-100:] or "file"))
        full = ""
    if kind and _is_used(each) and not _exists(full, each):
        name = _first_missing(full, each)
        between = "/" if name and not value.endswith(("/", "\\")) else ""
        yield {"path": f"{value}{between}{name}", "owner": each.block.name_full, "kind": kind}


def _first_missing(folder: str, each: PathProperty) -> str:
    """Of an image strip, whose path is a folder: the name of the first missing image, else ""."""
    names = (one.filename for one in getattr(each.struct, "elements", ())) if each.subtype == "DIR_PATH" else ()
    return next((name for name in names if not (folder and _is_file(Path(folder, name)))), "")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _set(each: PathProperty, value: str) -> None:
    try:
        setattr(each.struct, each.name, value)
    except (AttributeError, TypeError, RuntimeError) as error:
        raise unchangeable_path(each.block) from error


def _is_used(each: PathProperty) -> bool:
    if getattr(each.block, "packed_file", None) is not None and each.struct == each.block:
        return False
    return all(_IS_USED[name](each.struct) for name in type_names(each.struct) if name in _IS_USED)


def _exists(full: str, each: PathProperty) -> bool:
    """Whether a file, one tile of a UDIM set, one file of a sequence or all images of a strip exist."""
    try:
        if each.subtype == "DIR_PATH":
            return Path(full).is_dir() and not _first_missing(full, each)
        return Path(full).is_file() or _is_one_of_many(Path(full), each.struct)
    except (OSError, ValueError):  # an invalid file name here
        return False


def _is_one_of_many(path: Path, struct: Any) -> bool:
    name = path.name
    if "<UDIM>" in name or "<UVTILE>" in name:
        pattern = re.escape(name).replace("<UDIM>", r"\d{4}").replace("<UVTILE>", r"u\d+_v\d+")
    elif getattr(struct, "source", "") == "SEQUENCE" or getattr(struct, "is_sequence", False):
        pattern = re.sub(r"\d+(?=\D*$)", r"\\d+", re.escape(name))
    else:
        return False
    return any(re.fullmatch(pattern, each.name) for each in path.parent.iterdir())
