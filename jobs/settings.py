"""The user's settings for all submissions. Written by the preferences, read by the courier."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..client import files
from . import json_members
from .private_folder import make_private
from .user_folder import UserFolder


@dataclass(frozen=True, slots=True)
class CourierSettings:
    """bytes_per_second: limit for downloads, 0 for none. ca_file: additional CA certificates, or "".
    connections: files fetched at a time. has_helpers: other computers may help This Computer to render."""

    bytes_per_second: int = 0
    ca_file: str = ""
    connections: int = 8
    has_helpers: bool = False


def path(home: UserFolder) -> Path:
    return home.folder / "settings.json"


def read(home: UserFolder) -> CourierSettings:
    """The settings, with the defaults for whatever is missing or cannot be read."""
    return CourierSettings(**json_members.known(CourierSettings, json_members.on_disk(path(home))))


def write(home: UserFolder, settings: CourierSettings) -> None:
    """Save the settings; a running courier applies them. Members that a newer version has added are kept."""
    make_private(home.folder)
    values = json_members.with_unknown(CourierSettings, json_members.on_disk(path(home)), asdict(settings))
    files.write_text(path(home), json.dumps(values, indent=2) + "\n")
