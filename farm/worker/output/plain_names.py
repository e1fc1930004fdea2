"""Names that the farm takes. Only the standard library, so that a test can compare them with the farm's own rule."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_FILLERS, _JOINERS = "\u115f\u1160\u3164\uffa0", "\u200c\u200d"


def plain(name: str) -> str:
    """With "_" for each character that nobody sees, as in jobs/folder/hidden_characters.py: a worker cannot import it.

    The farm takes no file whose name has one.
    """
    return "".join("_" if _is_hidden(letter) else letter for letter in name)


def _is_hidden(letter: str) -> bool:
    return letter in _FILLERS or (unicodedata.category(letter) in _HIDDEN and letter not in _JOINERS)
