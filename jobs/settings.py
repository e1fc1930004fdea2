"""What the user set about carrying, for all submissions. Written by the preferences, read by the courier."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..client import files
from .private_folder import make_private
from .user_folder import UserFolder


@dataclass(frozen=True, slots=True)
class CourierSettings:
    """bytes_per_second: limit for downloads, 0 for none. ca_file: an office's own certificates, or "".
    connections: files fetched at a time. has_helpers: other computers may help This Computer to render."""

    bytes_per_second: int = 0
    ca_file: str = ""
    connections: int = 8
    has_helpers: bool = False


def path(home: UserFolder) -> Path:
    return home.folder / "settings.json"


def read(home: UserFolder) -> CourierSettings:
    """The settings, with the defaults for whatever is missing or cannot be read."""
    try:
        found = json.loads(path(home).read_text(encoding="utf-8"))
        known = {field.name for field in fields(CourierSettings)}
        return CourierSettings(**{name: value for name, value in found.items() if name in known})
    except (OSError, ValueError, AttributeError):
        return CourierSettings()


def write(home: UserFolder, settings: CourierSettings) -> None:
    """Save the settings; a courier at work takes them up."""
    make_private(home.folder)
    temporary = path(home).with_suffix(".part")
    temporary.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    files.replace(temporary, path(home))
