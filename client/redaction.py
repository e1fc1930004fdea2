"""Removes keys, passwords and signed links from texts for messages, logs and reports. Standard library only."""

from __future__ import annotations

import re

from .plain_text import MAX_WORDS, tidy

_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (re.compile(r"(?i)\b(RJ|FH)-[\w-]{6,}"), r"\1-…"),
    (re.compile(r"(https?://)[^\s/@]+@"), r"\1…@"),
)
_WORD = re.compile(r"[^\s\"'<>]+")
_HARMLESS = re.compile(r"\d{1,4}")


def redact(text: str, *secrets: str) -> str:
    """The text without these secrets, anything that looks like a key, and the values in links' queries.

    The names in a query are kept, and numbers too short to be a secret.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _WORD.sub(_without_values, text)


def shown(text: str, *secrets: str, limit: int = MAX_WORDS) -> str:
    """Text from outside for a message: redacted while it is whole, then one printable line of at most limit letters."""
    return tidy(redact(text, *secrets), limit)


def _without_values(word: re.Match[str]) -> str:
    before, _, query = word[0].partition("?")
    parts = [part.partition("=") for part in query.split("&")]
    is_address = bool(query) and before.lower().startswith(("http:", "https:"))
    if not is_address and not any(equals for _, equals, _ in parts):
        return word[0]  # a question mark, not a query
    kept = [
        f"{name}={value if _HARMLESS.fullmatch(value) else '…'}" if equals else "…" for name, equals, value in parts
    ]
    return f"{before}?{'&'.join(kept)}"
