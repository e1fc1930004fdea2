"""What the compositor writes: no frames without an output, and additional files below the output folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...client.message import msg
from ..scan import compositors
from ..scan.strips import strips
from .context import CheckContext
from .findings import ERROR, INFO, WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding in all; Blender makes a node's names unique, but not if they differ only in case."""
    nodes = list(compositors.file_outputs(context.scene, context.animation))
    if not compositors.makes_frames(context.scene, context.animation) and not strips.are_rendered(
        context.scene, context.animation
    ):
        yield _no_frames(context.scene.name, has_files=bool(nodes))
    if not nodes:
        return
    yield Finding(
        INFO,
        "file_output_nodes",
        msg(
            "The compositor writes its own files ({nodes}). They are saved in the output folder, in one subfolder "
            "per node.",
            nodes=", ".join(node.name for node in nodes),
        ),
        context.scene.name,
    )
    for node in nodes:
        names = [name.casefold() for name in _names(node)]
        if len(set(names)) < len(names):
            yield Finding(
                WARNING,
                "file_output_overwrites",
                msg(
                    "Two inputs of {node} write to file names that differ only in case, so one may overwrite the "
                    "other. Give each a unique name.",
                    node=node.name,
                ),
                node.name,
            )


def _no_frames(scene: str, *, has_files: bool) -> Finding:
    if has_files:
        text = msg(
            "Blender writes no frames of this scene: its compositor has neither a Render Layers node nor an output. "
            "Only the files of its File Output nodes are rendered. For frames as well, add a Render Layers node."
        )
        return Finding(WARNING, "no_frames_written", text, scene)
    text = msg(
        "Blender writes no frames of this scene: its compositor has neither a Render Layers node nor an output. "
        "Add a Render Layers node and connect it to an output, or turn off Compositing."
    )
    return Finding(ERROR, "no_frames_written", text, scene)


def _names(node: Any) -> list[str]:
    """The names of the files; all layers of an EXR are in a single file."""
    if node.format.file_format == "OPEN_EXR_MULTILAYER":
        return []
    # Since 5.0 items have names; before, slots had paths.
    if hasattr(node, "file_output_items"):
        return [item.name for item in node.file_output_items]
    return [slot.path for slot in node.file_slots]
