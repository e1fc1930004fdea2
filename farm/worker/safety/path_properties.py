"""Finds every file and folder path in the open .blend, according to Blender's own property definitions.

Blender marks properties for paths by subtype (FILE_PATH, DIR_PATH, FILE_NAME). Following these marks finds the paths of
strips, caches, proxies and nodes as well as of images, in this Blender and in later ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

_SUBTYPES = frozenset({"FILE_PATH", "DIR_PATH", "FILE_NAME"})
_USED_BY_OPERATORS_ALONE = frozenset(
    {
        ("BakeSettings", "filepath"), ("RenderSettings", "filepath"), ("CollectionExport", "filepath"),
        ("DynamicPaintSurface", "image_output_path"), ("ImagePackedFile", "filepath"),
        ("LibraryWeakReference", "filepath"), ("LibraryWeakReference", "id_name"),
        # Redirected for each frame (file_output_nodes.py).
        ("CompositorNodeOutputFile", "directory"), ("CompositorNodeOutputFile", "file_name"),
        ("CompositorNodeOutputFile", "base_path"),
        # Duplicates of the same value.
        ("Image", "filepath"),
    }
)  # fmt: skip
_NOT_FOLLOWED = frozenset({"links", "outputs", "internal_links", "library_weak_reference", "asset_data"})
_NEVER_IN_A_BLOCK = frozenset({"BlendData", "Context", "Depsgraph", "Preferences", "PropertyGroup", "bpy_struct"})
_USER_INTERFACE = frozenset({"AssetShelf", "FileHandler", "Header", "Menu", "Operator", "Panel", "UIList"})
"""More than half of all types derive from these. No data-block that is searched contains one."""
_INTERFACE_COLLECTIONS = frozenset(
    {"window_managers", "workspaces", "screens", "brushes", "palettes", "libraries", "all_ids"}
)


@dataclass(frozen=True, slots=True)
class PathProperty:
    """block: the data-block that it belongs to. struct: what has the property, often the block itself."""

    block: Any
    struct: Any
    name: str
    subtype: str

    @property
    def value(self) -> str:
        return str(getattr(self.struct, self.name))


def type_names(struct: Any) -> Iterator[str]:
    """Of a struct: its type and what that derives from."""
    return _with_bases(struct.bl_rna)


class PathFinder:
    """Knows which types of this Blender can lead to a path, which takes 0.1 s to find out."""

    def __init__(self) -> None:
        self._leading = _types_that_lead_to_a_path()
        self._steps: dict[str, tuple[list[tuple[str, str]], list[str]]] = {}

    def find(self) -> Iterator[PathProperty]:
        """Every path in every data-block, including linked ones, but not the paths of libraries."""
        seen: set[tuple[str, int]] = set()
        collections: Any = bpy.data.bl_rna.properties
        for collection in collections:
            if collection.type != "COLLECTION" or collection.identifier in _INTERFACE_COLLECTIONS:
                continue
            if collection.fixed_type.identifier in self._leading:
                for block in getattr(bpy.data, collection.identifier):
                    yield from self._walk(block, block, seen)

    def _walk(self, block: Any, first: Any, seen: set[tuple[str, int]]) -> Iterator[PathProperty]:
        waiting = [first]
        while waiting:
            struct = waiting.pop()
            mark = (struct.bl_rna.identifier, struct.as_pointer())
            if mark in seen:
                continue
            seen.add(mark)
            paths, steps = self._of(struct.bl_rna)
            for name, subtype in paths:
                yield PathProperty(block, struct, name, subtype)
            for name in steps:
                waiting += _followed(struct, name)

    def _of(self, rna: Any) -> tuple[list[tuple[str, str]], list[str]]:
        """The path properties of a type, and the properties that lead to other types with paths."""
        if rna.identifier not in self._steps:
            paths, steps = [], []
            for each in rna.properties:
                if _is_path(rna, each):
                    paths.append((each.identifier, each.subtype))
                elif _leads_on(each) and each.fixed_type.identifier in self._leading:
                    steps.append(each.identifier)
            self._steps[rna.identifier] = paths, steps
        return self._steps[rna.identifier]


def _followed(struct: Any, name: str) -> list[Any]:
    value = getattr(struct, name)
    if value is None:
        return []
    items = [value] if hasattr(value, "as_pointer") else [each for each in value if each is not None]
    # Data-blocks are visited separately, except for node trees that are embedded in another one.
    return [each for each in items if not isinstance(each, bpy.types.ID) or each.is_embedded_data]


def _is_path(rna: Any, each: Any) -> bool:
    if each.type != "STRING" or each.subtype not in _SUBTYPES or each.is_readonly:
        return False
    return not any((name, each.identifier) in _USED_BY_OPERATORS_ALONE for name in _with_bases(rna))


def _leads_on(each: Any) -> bool:
    """Whether a property's contents belong to the block: not another data-block, unless it is an embedded node tree."""
    if each.type not in ("POINTER", "COLLECTION") or each.identifier in _NOT_FOLLOWED or not each.fixed_type:
        return False
    names = set(_with_bases(each.fixed_type))
    return "ID" not in names or "NodeTree" in names


def _with_bases(rna: Any) -> Iterator[str]:
    while rna is not None:
        yield rna.identifier
        rna = rna.base


def _types_that_lead_to_a_path() -> set[str]:
    """Types with a path, and all whose properties lead to one; a property may contain any subtype of its type."""
    leads_to: dict[str, set[str]] = {}
    found: list[str] = []
    for rna in (getattr(getattr(bpy.types, name), "bl_rna", None) for name in dir(bpy.types)):
        if rna is None or rna.identifier in _NEVER_IN_A_BLOCK:
            continue
        bases = set(_with_bases(rna))
        if bases & _USER_INTERFACE:
            continue
        leads_to.setdefault(rna.identifier, set()).update(bases)
        for each in rna.properties:
            if _is_path(rna, each):
                found.append(rna.identifier)
            elif _leads_on(each):
                leads_to.setdefault(each.fixed_type.identifier, set()).add(rna.identifier)
    leading: set[str] = set()
    while found:
        name = found.pop()
        if name not in leading:
            leading.add(name)
            found += leads_to.get(name, ())
    return leading
