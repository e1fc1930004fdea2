"""Hidden characters in names, and those that change how the rest is shown. Standard library only."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Unicode categories: controls, formatting (text direction, no width, tags), half characters, separators of lines."""
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters without a shape."""
_JOINERS = frozenset("\u200c\u200d")
"""Formatting that Persian, Indic scripts and emoji need."""


def replaced(text: str, substitute: str, kept: str = "") -> str:
    """The text without hidden characters.

    Args:
        text: from anywhere.
        substitute: stands in the place of each.
        kept: characters that stay although they are hidden, such as line breaks.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(substitute if _is_hidden(letter) and letter not in kept else letter for letter in text)


def _is_hidden(letter: str) -> bool:
    return letter in _FILLERS or (unicodedata.category(letter) in _HIDDEN and letter not in _JOINERS)
