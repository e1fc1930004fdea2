# SPDX-License-Identifier: GPL-3.0-or-later
"""Farmhand's words in other languages, for Blender's own translation system."""

from __future__ import annotations

from collections.abc import Iterable

from . import de_de, es, ja_jp, zh_hans
from .sentences import de_de as german
from .sentences import es as spanish
from .sentences import ja_jp as japanese
from .sentences import zh_hans as chinese

OWN = "Farmhand"
"""The context of words for which Blender's catalog has another meaning: it is asked first in the common contexts."""
CONTEXTS = ("*", "Operator", OWN)
"""Blender looks up names of operators, and texts of their buttons, in a context of their own."""


def texts() -> dict[str, dict[tuple[str, str], str]]:
    """Everything in the form that `bpy.app.translations.register` takes."""
    languages = {
        "de_DE": (de_de.TEXTS, german.SENTENCES),
        "es": (es.TEXTS, spanish.SENTENCES),
        "ja_JP": (ja_jp.TEXTS, japanese.SENTENCES),
        "zh_HANS": (zh_hans.TEXTS, chinese.SENTENCES),
    }
    return {
        code: {(context, text): said for text, said in (said_of | told_of).items() for context in CONTEXTS}
        for code, (told_of, said_of) in languages.items()
    }


def sentences() -> Iterable[str]:
    """What checks, transfers and the courier can say, in English: texts, and templates with places for values."""
    return german.SENTENCES.keys()
