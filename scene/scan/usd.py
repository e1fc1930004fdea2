"""USD files are composed of others: sublayers, references, payloads, value clips. Read with pxr, Blender's own USD.

Through a cache Blender reads only shapes and motion; pictures that a USD file names were imported as images, if at all.
"""

from __future__ import annotations

import importlib
import os
import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import bpy

EXTENSIONS = (".usd", ".usda", ".usdc", ".usdz")


@dataclass(frozen=True, slots=True)
class Layers:
    """The files that a USD file is composed of, except for itself, all absolute.

    unread: they cannot be determined, because the file is damaged or this Blender has no pxr.
    """

    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unread: bool = False


def is_usd(path: str) -> bool:
    """Whether the name has a USD extension."""
    return path.lower().endswith(EXTENSIONS)


def layers(path: str) -> Layers:
    """What the file is composed of, to any depth. Opens all of them."""
    pxr = _pxr()
    if pxr is None:
        return Layers(unread=True)
    try:
        with _Quiet(pxr):
            opened, _, unresolved = pxr.UsdUtils.ComputeAllDependencies(path)
    except pxr.Tf.ErrorException:
        return Layers(unread=True)
    found = _outside(layer.realPath for layer in opened)
    if not found:  # not even the file itself
        return Layers(unread=True)
    missing = _outside(each for each in unresolved if is_usd(each))
    return Layers(tuple(sorted(found - {_outer(path)})), tuple(sorted(missing)))


def rewrite(source: str, place: str, places: Mapping[str, str], target: Path) -> bool:
    """Write the layer with the package's paths to the target.

    Args:
        source: absolute path.
        place: its own in the package.
        places: of everything, by absolute path.
        target: the file to write.

    Returns:
        False when it can be sent as it is.
    """
    pxr = _pxr()
    if pxr is None or source.lower().endswith(".usdz"):  # a .usdz contains all that it needs
        return False
    try:
        with _Quiet(pxr):
            layer = pxr.Sdf.Layer.OpenAsAnonymous(source)
            moves = _Moves(source, place, places)
            if layer:
                pxr.UsdUtils.ModifyAssetPaths(layer, moves)
            return moves.any and bool(layer.Export(str(target)))
    except pxr.Tf.ErrorException:
        return False


class _Moves:
    """Called with each path that a layer names: the path from its place in the package."""

    def __init__(self, source: str, place: str, places: Mapping[str, str]) -> None:
        self.any = False
        self._from = os.path.dirname(source)
        self._home = posixpath.dirname(place)
        self._places = places

    def __call__(self, path: str) -> str:
        there = self._places.get(os.path.normpath(os.path.join(self._from, path)))
        if not path or not there:
            return path
        if not os.path.isabs(path) and posixpath.normpath(posixpath.join(self._home, path)) == there:
            return path
        self.any = True
        relative = posixpath.relpath(there, self._home)
        return relative if relative.startswith("../") else "./" + relative


class _Quiet:
    """Silences USD's messages about missing files, which become findings."""

    def __init__(self, pxr: _Modules) -> None:
        self._make: Callable[[], Any] = pxr.UsdUtils.CoalescingDiagnosticDelegate
        self._listener: Any = None

    def __enter__(self) -> None:
        self._listener = self._make()

    def __exit__(self, *_error: object) -> None:
        self._listener.TakeUncoalescedDiagnostics()
        self._listener = None


@dataclass(frozen=True, slots=True)
class _Modules:
    Sdf: Any
    Tf: Any
    UsdUtils: Any


def _pxr() -> _Modules | None:
    try:
        return _modules()
    except ImportError:
        return _modules() if _find_in_bpy() else None


def _find_in_bpy() -> bool:
    """Finds pxr in the bpy module, which has it outside Python's search path."""
    python = Path(bpy.utils.resource_path("LOCAL"), "python")
    spec = PathFinder.find_spec("pxr", [str(folder) for folder in python.glob("lib/**/site-packages")])
    if spec is None or spec.loader is None:
        return False
    sys.modules["pxr"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["pxr"])
    return True


def _modules() -> _Modules:
    return _Modules(*(importlib.import_module(f"pxr.{name}") for name in ("Sdf", "Tf", "UsdUtils")))


def _outside(paths: Iterator[str]) -> set[str]:
    """The files on disk, for paths that lead into a .usdz."""
    return {_outer(path) for path in paths if path}


def _outer(path: str) -> str:
    return os.path.normpath(path.partition("[")[0] if path.endswith("]") else path)
