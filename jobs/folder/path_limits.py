"""How long a path may be on each system, and what the farm of *This Computer* adds to it. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

LONGEST = {"win32": 259, "darwin": 1023}.get(sys.platform, 4095)
"""In the system's own units: UTF-16 on Windows, bytes elsewhere."""
FARM_FOLDER = 12
"""Characters of the name of a farm's folder."""
WORK = "w"
"""The farm's folder for what goes with a job or a Blender. Short names: a project's own folders come below them."""
PACKAGE = "p"
_PROCESS = "~" * 12


def length(path: Path | str) -> int:
    """As the system counts it."""
    return len(str(path).encode("utf-16-le")) // 2 if os.name == "nt" else len(os.fsencode(path))


def work_name(job_id: str) -> str:
    """The name of a job's temporary folder."""
    return job_id.replace("-", "")[:12]


def longest_folder(farms: Path) -> Path:
    """As long as the folder of a package gets below the farms of a user folder."""
    return farms / ("f" * FARM_FOLDER) / WORK / "b" / _PROCESS / PACKAGE


def too_long(folder: Path, places: Iterable[str]) -> list[str]:
    """The places in a package, with slashes, that the system could not name below a folder."""
    return [place for place in places if length(folder / place) > LONGEST]
