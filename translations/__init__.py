"""Farmhand's words in other languages, for Blender's own translation system. English is the master list.

A language is one file and one line in `LANGUAGES`: TEXTS holds what the interface itself shows, MESSAGES the templates
of what checks, transfers and the background process report (client/message.py).
"""

from __future__ import annotations

from . import de_de, es, ja_jp, zh_hans

LANGUAGES = {"de_DE": de_de, "es": es, "ja_JP": ja_jp, "zh_HANS": zh_hans}
"""By Blender's code."""
OWN = "Farmhand"
"""The context of words for which Blender's catalog has another meaning: it is asked first in the common contexts."""
CONTEXTS = ("*", "Operator", OWN)
"""Blender looks up names of operators, and texts of their buttons, in a context of their own."""


def texts() -> dict[str, dict[tuple[str, str], str]]:
    """Everything in the form that `bpy.app.translations.register` takes."""
    return {
        code: {(context, text): said for text, said in (one.TEXTS | one.MESSAGES).items() for context in CONTEXTS}
        for code, one in LANGUAGES.items()
    }
