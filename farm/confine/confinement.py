"""Chooses how render Blenders are confined on this computer, and says what remains accessible.

The strongest way that works is taken: bubblewrap, then Landlock (Linux), the sandbox of macOS, a job object (Windows).
Starting the Blender in it shows whether a way works, before any file of a stranger has arrived.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...jobs.process import landlock
from ..options import CONFINEMENTS
from . import bubblewrap, places, seatbelt
from .places import Places

AUTO, REQUIRED, OFF, BUBBLEWRAP, LANDLOCK = CONFINEMENTS
SEATBELT, JOB_OBJECT = "seatbelt", "job object"
_LANDLOCK_SCRIPT = Path(landlock.__file__)
_OPEN = {
    BUBBLEWRAP: "",
    LANDLOCK: "a render Blender sees names, sizes and dates, though not the contents, of this computer's files",
    SEATBELT: "the macOS sandbox is untested; a render Blender sees the names of files",
    JOB_OBJECT: "a render Blender can read every file that this user can read, and reach the network",
    OFF: "a render Blender can read every file that this user can read, and reach the network",
}
_WITHOUT_FILTER = (
    "system calls could not be filtered, so a render Blender can open sockets, start programs, send signals to other "
    "processes of its namespace, and change permissions of files that it sees"
)
_NOT_ALONE = (
    "the program that starts Blender keeps running, and its system calls are not filtered; a script should start "
    "Blender with exec"
)


@dataclass(frozen=True, slots=True)
class Level:
    """name: a way to confine, or OFF. why: of OFF, when the farm chose it."""

    name: str
    why: str = ""

    @property
    def hides_files(self) -> bool:
        """Whether a scene that reads files by computed names can read only its package."""
        return self.name in (BUBBLEWRAP, LANDLOCK, SEATBELT)

    @property
    def filters_calls(self) -> bool:
        return self.name in (BUBBLEWRAP, LANDLOCK)

    def unprotected(self, limited: Collection[str]) -> str:
        """What does not work here, given what a worker says of itself at its start; empty if everything does."""
        if not self.filters_calls:
            return ""
        without = [] if "system calls" in limited else [_WITHOUT_FILTER]
        without += [_NOT_ALONE] if self.name == BUBBLEWRAP and "alone" not in limited else []
        return "; ".join(without)

    def sentence(self) -> str:
        """What a farm prints at its start."""
        how = "Render Blenders are not confined" if self.name == OFF else f"Render Blenders are confined by {self.name}"
        rest = f", but {_OPEN[self.name]}" if self.name != OFF and _OPEN[self.name] else ""
        why = f", {self.why}" if self.why else ""
        rest = f"{why}: {_OPEN[OFF]}" if self.name == OFF else rest
        advice = "" if self.hides_files else " Give keys of this farm only to people who may use this account."
        return f"{how}{rest}.{advice}"


def candidates(wanted: str) -> list[Level]:
    """The ways that seem to be available, the strongest first; OFF is last unless confinement is required."""
    if wanted == OFF:
        return [Level(OFF)]
    if wanted in (BUBBLEWRAP, LANDLOCK):
        return [Level(wanted)]
    found = []
    if sys.platform == "linux":
        found += [Level(BUBBLEWRAP)] if bubblewrap.is_usable() else []
        found += [Level(LANDLOCK)] if landlock.version() else []
    elif seatbelt.is_usable():
        found.append(Level(SEATBELT))
    elif sys.platform == "win32":
        found.append(Level(JOB_OBJECT))
    return found if wanted == REQUIRED else [*found, Level(OFF)]


async def places_of(command: Sequence[str], worker: Path) -> tuple[Path, ...]:
    """What every render Blender of this command may read in addition to its job."""
    return (*await asyncio.to_thread(places.of_command, command), worker)


def wrap(
    level: Level, command: Sequence[str], seen: Places, environment: dict[str, str], folder: Path
) -> tuple[list[str], dict[str, str]]:
    """The command that starts the Blender confined, and the environment to start that with.

    Args:
        level: how far this computer can confine; for OFF the command stays as it is.
        command: program and arguments.
        seen: the places it may read, write, or use as devices.
        environment: Blender's whole environment.
        folder: where Blender starts; one of `seen`.
    """
    if level.name == BUBBLEWRAP:
        return bubblewrap.wrap(command, seen, environment, folder), {"PATH": environment.get("PATH", "")}
    if level.name == LANDLOCK:
        every = {
            "readable": [str(path) for path in (*places.of_system(), *seen.readable)],
            "writable": [str(path) for path in seen.writable],
            "devices": [str(path) for path in seen.devices],
        }
        return [sys.executable, "-I", str(_LANDLOCK_SCRIPT), json.dumps(every), *command], environment
    if level.name == SEATBELT:
        return seatbelt.wrap(command, seen), environment
    return list(command), environment
