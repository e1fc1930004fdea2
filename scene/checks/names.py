# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that break somewhere else: other drives, placeholders of cloud drives, names that other systems refuse."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ..findings import INFO, WARNING, Finding
from ..places import clean
from .case import Case

_ONLINE_ONLY = getattr(stat, "FILE_ATTRIBUTE_OFFLINE", 0x1000) | 0x00400000
"""Offline, or fetched when it is read: what cloud drives leave in a file's place on Windows."""
_NAMED = 3


def find(case: Case) -> Iterator[Finding]:
    """All that is renamed or slow is mentioned; only what would fail is a warning."""
    sources = [line.source for line in case.files if not line.missing and line.source]
    yield from _placeholders(sources)
    yield from _foreign(case)
    changed = [source for source in sources if clean(os.path.basename(source)) != os.path.basename(source)]
    if changed:
        yield Finding(
            INFO,
            "names_changed",
            f"{_names(changed)}: other systems cannot store such a name, so the package holds it under another one. "
            "Your own files stay as they are.",
        )
    drives = {os.path.splitdrive(source)[0] for source in sources} - {""}
    if len(drives) > 1:
        yield Finding(INFO, "several_drives", f"Files come from several drives: {', '.join(sorted(drives))}.")


def _placeholders(sources: list[str]) -> Iterator[Finding]:
    away = [source for source in sources if _is_placeholder(source)]
    if away:
        yield Finding(
            WARNING,
            "cloud_placeholder",
            f"{_names(away)}: only a placeholder is on this computer, the file itself is in a cloud drive. It will be "
            "fetched while packing, which may take long. Make it available offline first.",
        )


def _is_placeholder(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    if getattr(status, "st_file_attributes", 0) & _ONLINE_ONLY:
        return True
    # macOS: a file with a size and no blocks is one that iCloud has taken away.
    return bool(getattr(status, "st_flags", 0) & getattr(stat, "SF_DATALESS", 0x40000000))


def _foreign(case: Case) -> Iterator[Finding]:
    """Paths of another system: C:\\textures means nothing on Linux."""
    if os.name == "nt":
        return
    foreign = [one.path for one in case.found if one.path[1:3] in (":\\", ":/") or one.path.startswith("\\\\")]
    if foreign:
        yield Finding(
            WARNING,
            "path_of_another_system",
            f"{_names(foreign)}: such a path exists on Windows alone. Remap it to where the file is here.",
            fix="file.find_missing_files",
        )


def _names(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
