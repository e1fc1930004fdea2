"""Temporary changes to settings of the open scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def kept(block: Any, *names: str) -> Iterator[None]:
    """Restore settings afterwards, in this order: an image's media type decides which formats it can have.

    Names that this Blender does not know are skipped.
    """
    values = {name: getattr(block, name) for name in names if hasattr(block, name)}
    try:
        yield
    finally:
        for name, value in values.items():
            setattr(block, name, value)
