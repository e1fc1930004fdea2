"""Reads one line of a worker's answers: bounded before it is parsed, since that blocks the farm."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ... import plain_json

LONGEST = 8 * 1024 * 1024
"""Bytes. The longest real answers have 10,000 files of one frame: 4 MB with long names."""
_MOST_VALUES = 300_000
_LARGE = 64 * 1024


async def read(line: bytes) -> dict[str, Any] | None:
    """The object that is in the line, cleaned; None if none is, or one of too many values."""
    if not line.startswith(b"{") or sum(map(line.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return None
    return _read(line) if len(line) <= _LARGE else await asyncio.to_thread(_read, line)


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return dict(plain_json.cleaned(answer)) if isinstance(answer, dict) else None
