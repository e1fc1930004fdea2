"""Makes data from strangers safe to store and send: JSON of bounded size, valid text, finite numbers.

A worker reads files of strangers, and clients send extra fields: neither may put anything into a record that cannot
be sent back.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from typing import Any

from ..jobs.folder import hidden_characters

MAX_TEXT = 4096
MAX_ITEMS = 10_000
MAX_DEPTH = 32
MAX_BYTES = 1024 * 1024
_LARGEST = 2**63 - 1
_EMPTY_BYTES = 4
"""Of the brackets around a list, and the separator after it."""


def cleaned(value: Any, *, max_text: int = MAX_TEXT, max_items: int = MAX_ITEMS, depth: int = MAX_DEPTH) -> Any:
    """The value without what JSON cannot carry: lone surrogates, NaN, integers of more than 64 bits, overlong lists and
    texts, too deep nesting.

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
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else None
    if value is None:
        return None
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
    """A name with "_" for characters that are hidden or change how the rest is shown."""
    return hidden_characters.replaced(text(value), "_")


def shrunk(record: dict[str, Any], limit: int = MAX_BYTES) -> dict[str, Any]:
    """A cleaned object of at most `limit` bytes.

    Members that need too much room are cut if they are lists or texts, else left out; small ones are kept. In one pass,
    since a stranger chooses how many there are.
    """
    sizes = {key: _bytes(key) + _bytes(value) for key, value in record.items()}
    left = limit - _EMPTY_BYTES
    if sum(sizes.values()) <= left:
        return record
    kept = {}
    for number, key in enumerate(sorted(sizes, key=lambda each: sizes[each])):
        share = left // (len(sizes) - number)  # what smaller ones left over is divided among the larger ones
        value = record[key] if sizes[key] <= share else _cut(record[key], share - _bytes(key))
        if (used := _bytes(key) + _bytes(value)) <= share:
            kept[key] = value
            left -= used
    return {key: kept[key] for key in record if key in kept}


def _cut(value: Any, limit: int) -> Any:
    """The beginning of a list or text, with the bytes that `_bytes` counts; None for anything else."""
    if not isinstance(value, list | str):
        return None
    quotes = _EMPTY_BYTES if isinstance(value, str) else 0
    sizes = itertools.accumulate((_bytes(each) - quotes for each in value), initial=_EMPTY_BYTES)
    return value[: max(0, sum(1 for _ in itertools.takewhile(lambda size: size <= limit, sizes)) - 1)]


def _bytes(value: Any) -> int:
    """In JSON, with the separator that follows it."""
    return len(json.dumps(value)) + 2


def can_be_sent(value: Any) -> bool:
    """Whether a value can be sent in a response."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        return False
    return True
