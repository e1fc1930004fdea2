"""Help Render: the small files through which Blender's panel and the program that renders for a farm communicate.

The two only exchange files, so either may end at any time. Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from ..client import files
from . import json_members
from .private_folder import make_private
from .process.file_lock import is_held
from .user_folder import UserFolder

LOOK_SECONDS = 0.5


class Leave(StrEnum):
    """NO: keep helping. FINISHED: frames in hand are rendered first. NOW: other computers render them."""

    NO = ""
    FINISHED = "finished"
    NOW = "now"


class HelpState(StrEnum):
    PAIRING = "pairing"
    TESTING = "testing"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LEAVING = "leaving"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HelpSettings:
    """What the artist wants.

    pid, began: of the Blender that the program ends with (jobs/process/process_ids.py), unless `outlives_blender`.
    """

    slots: int = 1
    is_paused: bool = False
    outlives_blender: bool = False
    leave: Leave = Leave.NO
    pid: int = 0
    began: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What the program reports. problem: a Message, encoded, or "". frames: being rendered. done: since it began."""

    state: HelpState = HelpState.ENDED
    problem: str = ""
    farm: str = ""
    frames: tuple[int, ...] = ()
    done: int = 0
    blender: str = ""


def folder(home: UserFolder) -> Path:
    return home.farms / "node"


def key_file(data: Path) -> Path:
    return data / "farm.pem"


def lives(data: Path) -> bool:
    """Whether the program runs in this folder."""
    return is_held(data / "farm.lock")


def farm_address(data: Path) -> str:
    """The address of the farm that this computer is paired with, as HOST:PORT; "" for none."""
    found = json_members.on_disk(data / "farm.json").get("address", "") if key_file(data).exists() else ""
    return found if isinstance(found, str) else ""


def write_farm(data: Path, address: str) -> None:
    files.write_text(data / "farm.json", json.dumps({"address": address}))


def forget_farm(data: Path) -> None:
    """Remove the farm's key, its address and the last report."""
    for path in (key_file(data), data / "farm.json", data / "status.json"):
        files.remove(path, missing_ok=True)


def settings(data: Path) -> HelpSettings:
    try:
        found = json_members.known(HelpSettings, json_members.on_disk(data / "settings.json"))
        return HelpSettings(**{**found, "slots": int(found.get("slots", 1)), "leave": Leave(found.get("leave", ""))})
    except (ValueError, TypeError):
        return HelpSettings()


def write_settings(data: Path, wanted: HelpSettings) -> None:
    make_private(data)
    files.write_text(data / "settings.json", json.dumps(asdict(wanted)))


def status(data: Path) -> Status:
    """The program's latest report, whether it still runs or not."""
    try:
        found = json_members.known(Status, json_members.on_disk(data / "status.json"))
        found |= {"state": HelpState(found.get("state", "")), "frames": tuple(map(int, found.get("frames", ())))}
        return Status(**found)
    except (ValueError, TypeError):
        return Status()


def write_status(data: Path, said: Status) -> None:
    files.write_text(data / "status.json", json.dumps(asdict(said)))
