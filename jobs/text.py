"""Text that may hold names that are not UTF-8, as Python reads them from disk. Standard library only."""

from __future__ import annotations

import json
import os
from typing import Any


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON with unescaped letters. With a name that is not UTF-8, it is escaped, and read back unchanged."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return text if is_unicode(text) else json.dumps(value, indent=indent)


def as_unicode(text: str) -> str:
    """The text as it can be shown: what is not UTF-8 becomes �."""
    return text if is_unicode(text) else os.fsencode(text).decode("utf-8", "replace")


def is_unicode(text: str) -> bool:
    """Whether it can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
