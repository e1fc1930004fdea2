"""Members of JSON files that a newer version of Farmhand has added: ignored when read, kept when the file is rewritten.

Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..client import files


def known(kind: type[Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are fields of this dataclass."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in found.items() if name in names}


def with_unknown(kind: type[Any], found: object, values: dict[str, Any], retired: Iterable[str] = ()) -> dict[str, Any]:
    """What to write in place of what was found in a file.

    Args:
        kind: the dataclass that the values come from.
        found: what the file holds now; anything but an object counts as empty.
        values: all fields of the dataclass.
        retired: members that older versions wrote and `values` replaces.

    Returns:
        The values, followed by the members of the file that the dataclass does not have.
    """
    if not isinstance(found, dict):
        return values
    dropped = {field.name for field in fields(kind)} | set(retired)
    return {**values, **{name: value for name, value in found.items() if name not in dropped}}


def on_disk(file: Path) -> dict[str, Any]:
    """The members of a JSON file; none when it cannot be read."""
    try:
        found = json.loads(files.read_text(file))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
