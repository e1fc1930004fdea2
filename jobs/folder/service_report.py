"""What the service has reported about a job: service.json in its job folder, written by the courier, read by Blender.

Every text in it is one short line that is safe to show. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...client import files
from ...client.message import Message, from_json
from .. import text

NAME = "service.json"
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """Names and values are the service's own words.

    analysis: what it found in the file, name and value. missing: files that it did not find; missing_count: how many,
    including those not listed here. unexpected: sentences on what differs from the file (Messages).
    used: settings in use that differ from those asked for: name, value asked for ("" for none), value in use.
    notices: its remarks. failed_name, failed_type: why the job failed.
    preview: name of the image in the job folder, or "".
    """

    analysis: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    missing_count: int = 0
    unexpected: tuple[Message, ...] = ()
    used: tuple[tuple[str, str, str], ...] = ()
    notices: tuple[str, ...] = ()
    failed_name: str = ""
    failed_type: str = ""
    preview: str = ""

    @property
    def names_all_missing(self) -> bool:
        """Whether the sentences name every missing file already."""
        sentences = " ".join(map(str, self.unexpected))
        return self.missing_count == len(self.missing) and all(path in sentences for path in self.missing)


NOTHING = ServiceReport()


def write(folder: Path, report: ServiceReport) -> bool:
    """Write it atomically. Returns whether it was written: a full disk must not stop a render."""
    values = {**asdict(report), "unexpected": [one.as_json() for one in report.unexpected]}
    with suppress(OSError):
        files.write_text(folder / NAME, text.to_json(values) + "\n")
        return True
    return False


def as_json(report: ServiceReport) -> dict[str, Any]:
    """The report for a program; sentences in English."""
    return {**asdict(report), "unexpected": [str(one) for one in report.unexpected]}


def read(folder: Path) -> ServiceReport:
    """The report of a job, or `NOTHING`: members that cannot be read are left out."""
    try:
        found = json.loads(files.read_text(folder / NAME, _MAX_BYTES))
        known = {one.name for one in fields(ServiceReport)} & found.keys()
    except (OSError, ValueError, RecursionError, AttributeError):
        return NOTHING
    values: dict[str, Any] = {}
    for name in known:
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            values[name] = _READ[name](found[name])
    if not (folder / values.get("preview", "")).is_file():
        values.pop("preview", None)
    return ServiceReport(**values)


def _name_in_folder(value: Any) -> str:
    if value not in ("", "preview.png", "preview.jpg"):
        raise ValueError("not a picture's name")
    return str(value)


def _rows(length: int) -> Callable[[Any], tuple[tuple[str, ...], ...]]:
    return lambda value: tuple(tuple(map(str, row)) for row in value if len(row) == length)


_READ: dict[str, Callable[[Any], Any]] = {
    "analysis": _rows(2),
    "missing": lambda value: tuple(map(str, value)),
    "missing_count": int,
    "unexpected": lambda value: tuple(map(from_json, value)),
    "used": _rows(3),
    "notices": lambda value: tuple(map(str, value)),
    "failed_name": str,
    "failed_type": str,
    "preview": _name_in_folder,
}
