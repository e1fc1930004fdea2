# SPDX-License-Identifier: GPL-3.0-or-later
"""Farmhand's words in other languages, for Blender's own translation system."""

from __future__ import annotations

from . import de_de, es, ja_jp, zh_hans

CONTEXTS = ("*", "Operator")
"""Blender looks up names of operators, and texts of their buttons, in a context of their own."""


def texts() -> dict[str, dict[tuple[str, str], str]]:
    """Everything in the form that `bpy.app.translations.register` takes."""
    languages = {"de_DE": de_de, "es": es, "ja_JP": ja_jp, "zh_HANS": zh_hans}
    return {
        code: {(context, text): said for text, said in module.TEXTS.items() for context in CONTEXTS}
        for code, module in languages.items()
    }
