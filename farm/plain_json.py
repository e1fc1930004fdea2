"""Makes data from strangers safe to store and send: JSON of bounded size, valid text, finite numbers.

A worker reads files of strangers, and clients send extra fields: neither may put anything into a record that cannot
be sent back.
"""

from __future__ import annotations

import functools
import json
import math
from typing import Any

from ..jobs.folder import hidden_characters

MAX_TEXT = 4096
MAX_ITEMS = 10_000
MAX_DEPTH = 32
MAX_BYTES = 1024 * 1024


def cleaned(value: Any, *, max_text: int = MAX_TEXT, max_items: int = MAX_ITEMS, depth: int = MAX_DEPTH) -> Any:
    """The value without what JSON cannot carry: lone surrogates, NaN, overlong lists and texts, too deep nesting.

    Args:
        value: anything; what is not JSON becomes its `str`.
        max_text: limit for one text, in characters.
        max_items: limit for one list or object.
        depth: levels of nesting; what is deeper becomes None.
    """
    if isinstance(value, str):
        return text(value, max_text)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if depth <= 0:
        return None
    clean = functools.partial(cleaned, max_text=max_text, max_items=max_items, depth=depth - 1)
    if isinstance(value, dict):
        return {text(str(key), max_text): clean(one) for key, one in list(value.items())[:max_items]}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value[:max_items]]
    return text(str(value), max_text)


def text(value: str, limit: int = MAX_TEXT) -> str:
    """Valid Unicode of at most `limit` characters."""
    valid = value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    return valid if len(valid) <= limit else valid[: limit - 1] + "…"


def name(value: str) -> str:
    """A file's name with "_" for characters that are hidden or change how the rest is shown."""
    return hidden_characters.replaced(text(value), "_")


def shrunk(record: dict[str, Any], limit: int = MAX_BYTES) -> dict[str, Any]:
    """A cleaned object of at most `limit` bytes: its longest lists are cut until it fits, its longest texts dropped."""
    while len(json.dumps(record)) > limit:
        name = max(record, key=lambda each: len(json.dumps(record[each])))
        value = record[name]
        record = {**record, name: value[: len(value) // 2] if isinstance(value, list | str) else None}
    return record


def can_be_sent(value: Any) -> bool:
    """Whether a value can be sent in a response."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        return False
    return True
