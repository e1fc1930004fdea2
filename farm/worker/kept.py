"""Settings of the open scene that are changed for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def kept(block: Any, *names: str) -> Iterator[None]:
    """Give settings their values back, in this order: of an image, the kind of media decides which formats there are.

    Names that this Blender does not know are passed over.
    """
    values = {name: getattr(block, name) for name in names if hasattr(block, name)}
    try:
        yield
    finally:
        for name, value in values.items():
            setattr(block, name, value)
