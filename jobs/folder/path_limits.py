"""How long a path may be on each system, and what the farm of *This Computer* adds to it. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

LONGEST = {"win32": 259, "darwin": 1023}.get(sys.platform, 4095)
"""In the system's own units: UTF-16 on Windows, bytes elsewhere."""
FARM_FOLDER = 12
"""Length of the name of a farm's folder."""
WORK = "w"
"""The farm's folder for temporary files of jobs and Blenders. Names are short: a project's own folders are below."""
PACKAGE = "p"
_PROCESS = "~" * 12


def length(path: Path | str) -> int:
    """The path's length as the system counts it."""
    return len(str(path).encode("utf-16-le")) // 2 if os.name == "nt" else len(os.fsencode(path))


def work_name(job_id: str) -> str:
    """The name of a job's temporary folder."""
    return job_id.replace("-", "")[:12]


def longest_folder(farms: Path) -> Path:
    """The longest folder that a package may get below a user folder's farms."""
    return farms / ("f" * FARM_FOLDER) / WORK / "b" / _PROCESS / PACKAGE


def too_long(folder: Path, places: Iterable[str]) -> list[str]:
    """The paths in a package, with slashes, that would be too long below a folder."""
    return [place for place in places if length(folder / place) > LONGEST]
