# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences in panels: Blender's labels do not wrap, so lines are broken for the width of the region."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..sentences import translated

CHARACTER = 6.1
"""Width of an average letter at UI scale 1, in pixels."""
MARGIN = 62


def draw_sentence(layout: UILayout, context: Context, text: str, icon: str = "NONE") -> None:
    """A sentence in the interface's language, over as many lines as it needs; the icon stands at the first."""
    column = layout.column(align=True)
    column.scale_y = 0.85
    indent = "NONE" if icon == "NONE" else "BLANK1"
    for number, line in enumerate(wrapped(translated(text, iface_), letters(context))):
        column.label(text=line, icon=indent if number else icon, translate=False)


def letters(context: Context) -> int:
    """How many letters fit on a line of the region."""
    width = context.region.width if context.region else 400
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    return max(12, int((width / scale - MARGIN) / CHARACTER))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many letters; a longer word stands alone on its line."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and _width(line) + _width(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _width(text: str) -> int:
    """Letters, those of Chinese and Japanese counted as two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
