"""Frames that have come back, and strips that show them."""

from typing import Any

FRAMES = (5, 6, 7, 8)
_BEFORE_5_1 = {
    "content_start": "frame_start",
    "left_handle": "frame_final_start",
    "right_handle": "frame_final_end",
    "duration": "frame_final_duration",
}


def strips(scene: Any) -> Any:
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def names_of(strip: Any) -> list[str]:
    return [element.filename for element in strip.elements]


def times(strip: Any, *names: str) -> tuple[float, ...]:
    """Where a strip is in time, by the names of 5.1."""
    return tuple(getattr(strip, _time(strip, name)) for name in names)


def set_times(strip: Any, **values: float) -> None:
    """Set where a strip is in time, by the names of 5.1."""
    for name, value in values.items():
        setattr(strip, _time(strip, name), value)


def compositor_nodes(scene: Any) -> list[Any]:
    """All nodes of a scene's compositor."""
    if hasattr(scene, "compositor_effects"):
        trees = [effect.node_group for effect in scene.compositor_effects]
    else:
        trees = [scene.compositing_node_group if hasattr(scene, "compositing_node_group") else scene.node_tree]
    return [node for tree in trees if tree is not None for node in tree.nodes]


def _time(strip: Any, name: str) -> str:
    return name if hasattr(strip, name) else _BEFORE_5_1[name]
