"""manifest.json of a job folder: every file in the package, where it is on this computer, and why it is needed.

Standard library only; the scene side writes it, the courier makes the zip from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ...client import files
from ...client.errors import LocalProblem
from ...client.message import msg
from .. import json_members
from ..text import to_json


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the package.

    path: in the package. source: the user's own file, absolute. staged: name of the rewritten copy in the job folder
    that is sent instead, or "". modified_ns: of what is sent, to notice a change. sha256: "" until it was read.
    """

    path: str
    source: str
    bytes: int
    modified_ns: int
    kind: str
    owner: str
    reason: str
    staged: str = ""
    sha256: str = ""

    def on_disk(self, folder: Path) -> Path:
        """The file that is sent for this entry."""
        return folder / self.staged if self.staged else Path(self.source)


def write(folder: Path, entries: Iterable[Entry]) -> None:
    """Write manifest.json atomically. Raises OSError."""
    text = to_json({"files": [asdict(entry) for entry in entries]}, indent=1)
    files.write_text(folder / "manifest.json", text + "\n")


def read(folder: Path) -> tuple[Entry, ...]:
    """Read manifest.json. Raises LocalProblem."""
    try:
        data = json.loads(files.read_text(folder / "manifest.json"))
        return tuple(Entry(**json_members.known(Entry, entry)) for entry in data["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocalProblem(
            msg("The file list in the job folder {folder} is missing or damaged.", folder=folder.name),
            "This job cannot be submitted.",
            "Submit the file again.",
        ) from error
