"""Frames that have come back, and strips that show them."""

from typing import Any

FRAMES = (5, 6, 7, 8)


def strips(scene: Any) -> Any:
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def names_of(strip: Any) -> list[str]:
    return [element.filename for element in strip.elements]
