"""What the file needs from add-ons that a farm does not have: node types, handlers, properties that drivers read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import addon_utils
import bpy

from ...client.message import msg
from ..scan import nodes, usage
from ..scan.reference import within
from .context import CheckContext
from .findings import WARNING, Finding, some

_EACH_FRAME = ("frame_change_pre", "frame_change_post", "render_init", "render_pre")


def find(context: CheckContext) -> Iterator[Finding]:
    """With the artist's own add-ons, only undefined nodes are found; not in background, where add-ons are disabled."""
    if not (context.request.runs_scripts and bpy.app.background):
        yield from _undefined_nodes(context)
    if context.request.runs_scripts:
        return
    yield from _nodes_of_add_ons(context)
    yield from _handlers()
    yield from _driver_sources(context)


def _trees(context: CheckContext) -> Iterator[tuple[Any, Any]]:
    for block in context.used:
        for tree in nodes.trees(block, context.animation):
            yield block, tree


def _undefined_nodes(context: CheckContext) -> Iterator[Finding]:
    """Nodes of unknown types, which Blender keeps but does not evaluate."""
    lost = [
        within(usage.words(block), node.name)
        for block, tree in _trees(context)
        for node in tree.nodes
        if "NodeUndefined" in (node.bl_idname, node.bl_rna.identifier) or tree.bl_idname == "NodeTreeUndefined"
    ]
    if lost:
        yield Finding(
            WARNING,
            "node_undefined",
            msg(
                "{nodes}: unknown node type, which is not rendered. It belongs to an add-on that is not enabled, or to "
                "a newer Blender version. Replace it with Blender's own nodes, or bake it.",
                nodes=some(lost),
            ),
            lost[0],
        )


def _nodes_of_add_ons(context: CheckContext) -> Iterator[Finding]:
    found: dict[str, list[str]] = {}
    for block, tree in _trees(context):
        for node in tree.nodes:
            if add_on := _add_on_of(type(node).__module__):
                found.setdefault(add_on, []).append(within(usage.words(block), node.name))
    for add_on, names in found.items():
        yield Finding(
            WARNING,
            "node_of_add_on",
            msg(
                "{nodes} belongs to the add-on {add_on}, which is not available on render farms, so the node is not "
                "rendered. Replace it with Blender's own nodes, or bake its result.",
                nodes=some(names),
                add_on=add_on,
            ),
            names[0],
        )


def _handlers() -> Iterator[Finding]:
    """Functions that add-ons have Blender call for each frame."""
    names = sorted(
        {
            add_on
            for name in _EACH_FRAME
            for function in getattr(bpy.app.handlers, name)
            if (add_on := _add_on_of(getattr(function, "__module__", "") or ""))
        }
    )
    if names:
        yield Finding(
            WARNING,
            "handler_of_add_on",
            msg(
                "The add-on {add_on} runs code on every frame, which render farms do not do. If it changes the scene, "
                "bake its result.",
                add_on=", ".join(names),
            ),
            names[0],
        )


def _driver_sources(context: CheckContext) -> Iterator[Finding]:
    """Properties that drivers read: an add-on registered them, or they do not exist."""
    gone: dict[str, str] = {}
    foreign: dict[str, dict[str, str]] = {}
    for block in context.used:
        for variable in _variables(block):
            for target in variable.targets:
                if target.id is None or not target.data_path or variable.type not in ("SINGLE_PROP", "CONTEXT_PROP"):
                    continue
                try:
                    target.id.path_resolve(target.data_path)
                except ValueError:
                    gone[target.data_path] = usage.words(block)
                    continue
                if add_on := _registered_by(target.id, target.data_path):
                    foreign.setdefault(add_on, {})[target.data_path] = usage.words(block)
    if gone:
        yield Finding(
            WARNING,
            "driver_source_missing",
            msg(
                "Drivers of {owners} read {properties}, which does not exist, so their values are wrong. It may have "
                "been a property of an add-on. Bake the animation, or fix the drivers.",
                owners=some(sorted(set(gone.values()))),
                properties=some(sorted(gone)),
            ),
            next(iter(gone.values())),
        )
    for add_on, paths in foreign.items():
        yield Finding(
            WARNING,
            "driver_reads_add_on",
            msg(
                "Drivers of {owners} read {properties}, a property of the add-on {add_on}, which is not available on "
                "render farms. Bake the animation, or use a custom property instead.",
                owners=some(sorted(set(paths.values()))),
                properties=some(sorted(paths)),
                add_on=add_on,
            ),
            next(iter(paths.values())),
        )


def _variables(block: Any) -> Iterator[Any]:
    for owner in (block, getattr(block, "node_tree", None), getattr(block, "shape_keys", None)):
        animation = getattr(owner, "animation_data", None)
        for curve in animation.drivers if animation is not None else ():
            if not curve.mute:
                yield from curve.driver.variables


def _registered_by(block: Any, path: str) -> str:
    """The add-on that registered the property at the start of a path, or "" for one of Blender's own."""
    name = path.partition(".")[0].partition("[")[0]
    prop = block.bl_rna.properties.get(name) if name else None
    if prop is None or not prop.is_runtime:
        return ""
    module = type(getattr(block, name)).__module__
    if _is_blenders(module.partition(".")[0]):  # Cycles registers its settings like an add-on
        return ""
    return _add_on_of(module) or msg("that registered “{name}”", name=name)


def _add_on_of(module: str) -> str:
    """The name of the add-on that a Python module belongs to, or "" for Blender's and our own."""
    parts = module.split(".")
    package = ".".join(parts[:3]) if parts[0] == "bl_ext" else parts[0]
    if not module or package == __package__.rpartition(".scene")[0] or not _is_add_on(package):
        return ""
    loaded = sys.modules.get(package)
    info: dict[str, Any] = addon_utils.module_bl_info(loaded) if loaded is not None else {}
    return str(info.get("name") or package.rpartition(".")[2])


def _is_add_on(package: str) -> bool:
    if package.startswith("bl_ext."):
        return True
    has_file = getattr(sys.modules.get(package), "__file__", None) is not None
    return has_file and package in bpy.context.preferences.addons and not _is_blenders(package)


def _is_blenders(package: str) -> bool:
    """Whether it came with Blender."""
    file = getattr(sys.modules.get(package), "__file__", None)
    own = (Path(bpy.utils.resource_path(kind), "scripts") for kind in ("LOCAL", "SYSTEM"))
    return file is not None and any(Path(file).is_relative_to(folder) for folder in own)
