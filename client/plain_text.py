"""Text from untrusted sources, made safe to show: one line of printable characters, of readable length.

Every text from a service passes through here before a terminal, a log, the journal or a panel shows it: escape
sequences, line breaks and characters that change the text direction could forge what the user reads.
"""

from __future__ import annotations

MAX_WORDS = 500


def tidy(text: str, limit: int = MAX_WORDS) -> str:
    """One line of at most `limit` characters, with spaces for unprintable characters."""
    start = text[: 8 * limit]  # text that is far too long is not read whole
    words = " ".join("".join(c if c.isprintable() else " " for c in start).split())
    return words if len(words) <= limit and len(start) == len(text) else words[: limit - 1] + "…"


def printable(text: str) -> str:
    """The same text with "?" for unprintable characters; line breaks are kept."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def escaped(json_text: str) -> str:
    """JSON with unprintable characters escaped: the same value, safe to show on a terminal."""
    if json_text.isprintable():
        return json_text
    return "".join(c if c.isprintable() or c in "\n\t" else _escape(c) for c in json_text)


def _escape(character: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _units(ord(character)))


def _units(point: int) -> list[int]:
    if point < 0x10000:
        return [point]
    point -= 0x10000
    return [0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF)]
