"""What this Blender silently leaves out of the open scene."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

_NAMED = 3
_TREES = ("materials", "worlds", "lights", "linestyles", "textures", "scenes")


def notices() -> Iterator[str]:
    """Sentences for the artist."""
    nodes = sorted(_undefined_nodes())
    if nodes:
        yield (
            f"This farm's Blender does not know these nodes and renders without them: {_some(nodes)}. They belong to "
            "an add-on, or to a newer Blender."
        )
    lost = sorted(f"“{block.name}” of {block.library.name}" for block in missing_blocks())
    if lost:
        yield f"Linked data is missing from the package and is not rendered: {_some(lost)}."
    yield from _not_built_in()


def _undefined_nodes() -> Iterator[str]:
    owners = [*bpy.data.node_groups, *(block for name in _TREES for block in getattr(bpy.data, name))]
    for owner in owners:
        tree: Any = owner if hasattr(owner, "nodes") else getattr(owner, "node_tree", None)
        for node in tree.nodes if tree is not None else ():
            if node.bl_idname == "NodeUndefined" or tree.bl_idname == "NodeTreeUndefined":
                yield f"{owner.name} > {node.name}"


def missing_blocks() -> Iterator[Any]:
    """Linked data whose library is missing, or does not contain it."""
    for block in bpy.data.user_map():  # type: ignore[call-arg]
        if block.is_missing and block.library is not None:
            yield block


def _not_built_in() -> Iterator[str]:
    """Features that some distributions' builds of Blender lack."""
    names = [block.filepath.lower() for block in bpy.data.cache_files]
    uses = {
        "alembic": any(name.endswith(".abc") for name in names),
        "usd": any(".usd" in name for name in names),
        "openvdb": bool(bpy.data.volumes),
        "cycles_osl": any(scene.cycles.shading_system for scene in bpy.data.scenes if hasattr(scene, "cycles")),
        "codec_ffmpeg": any(image.source == "MOVIE" for image in bpy.data.images),
        "mod_fluid": any(each.type == "FLUID" for thing in bpy.data.objects for each in thing.modifiers),
        "mod_oceansim": any(each.type == "OCEAN" for thing in bpy.data.objects for each in thing.modifiers),
    }
    said = {"alembic": "Alembic", "usd": "USD", "openvdb": "OpenVDB", "cycles_osl": "Open Shading Language"}
    said |= {"codec_ffmpeg": "movies", "mod_fluid": "fluids", "mod_oceansim": "oceans"}
    lacking = [
        said[name] for name, is_used in uses.items() if is_used and not getattr(bpy.app.build_options, name, True)
    ]
    if lacking:
        yield f"This farm's Blender was built without {', '.join(lacking)}, which the file uses."


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
