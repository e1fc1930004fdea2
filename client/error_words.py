"""Reads the text in the body of an error response: JSON, XML, HTML or plain text, from any server or proxy.

Each pattern is searched in one pass: bodies are hostile, and a search that starts over at every "<" takes seconds.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress

from .redaction import shown

MAX_WORDS = 300
_MAX_BYTES = 64 * 1024
_JSON_KEYS = (
    "message",
    "msg",
    "detail",
    "error_description",
    "error",
    "errors",
    "title",
    "reason",
    "description",
    "code",
)
_MAX_DEPTH = 6
_ENTRIES = 3
"""Read of each list."""
_PLACES = 8
"""Names of members, from the outside to the inside, that say where the fault is."""


def _opening(name: str) -> re.Pattern[str]:
    return re.compile(rf"<{name}\b[^<>]*>", re.IGNORECASE)


def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\s*>", re.IGNORECASE)


_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = [(re.compile("<!--"), re.compile("-->")), *((_opening(name), _closing(name)) for name in ("script", "style"))]
_HEAD = _opening("head"), _closing("head")
_ELEMENTS = [(_opening(name), _closing(name)) for name in ("message", "title", "h1", "code")]


def words_of(body: bytes | bytearray, *secrets: str) -> str:
    """The readable text of an error's body, without these secrets; "" if there is none."""
    text = body[:_MAX_BYTES].decode("utf-8", "replace").strip()
    if text.startswith(("{", "[", '"')):
        try:
            return _tidy("; ".join(dict.fromkeys(_json_words(json.loads(text)))), *secrets)
        except (ValueError, RecursionError):
            pass
    return _markup_words(text, *secrets) if text.startswith("<") else _tidy(text, *secrets)


def looks_like_page(content_type: str, body: bytes | bytearray) -> bool:
    """Whether this is a web page, such as a proxy or a login portal sends instead of the real answer."""
    start = body[:512].lstrip().lower()
    return "html" in content_type.lower() or start.startswith((b"<!doctype html", b"<html"))


def _json_words(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for item in value[:_ENTRIES]:
            yield from _json_words(item, depth + 1)
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        where = value.get("loc") or value.get("field")
        place = ".".join(map(str, where[:_PLACES])) if isinstance(where, list) else str(where or "")
        for key in _JSON_KEYS:
            found = list(_json_words(value[key], depth + 1)) if key in value else []
            if any(found):
                yield from (f"{place[:MAX_WORDS]}: {words}" if place else words for words in found)
                return


def _markup_words(text: str, *secrets: str) -> str:
    for opening, closing in _UNSEEN:
        text = _without(text, opening, closing)
    for opening, closing in _ELEMENTS:
        if words := _plain(_inside(text, opening, closing), *secrets):
            return words
    return _plain(_without(text, *_HEAD), *secrets)


def _inside(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """What the first of these elements contains."""
    start = opening.search(text)
    end = closing.search(text, start.end()) if start else None
    return text[start.end() : end.start()] if start and end else ""


def _without(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """The text without these elements. One that is not closed stays, as do those after it."""
    kept, at = [], 0
    while (start := opening.search(text, at)) and (end := closing.search(text, start.end())):
        kept.append(text[at : start.start()])
        at = end.end()
    return " ".join([*kept, text[at:]])


def _plain(markup: str, *secrets: str) -> str:
    return _tidy(_TAG.sub(" ", markup), *secrets)


def _tidy(text: str, *secrets: str) -> str:
    with suppress(ValueError):  # a character reference may have thousands of digits
        text = html.unescape(text)
    return shown(text, *secrets, limit=MAX_WORDS)
