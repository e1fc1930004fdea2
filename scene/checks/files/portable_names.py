"""Paths that fail on other computers: other drives, cloud placeholders, names that other systems refuse."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator

from ....client.message import msg
from ...package_layout import blend_name, drive_of, keeps_name
from ...scan import color_config
from ..context import CheckContext, FileLine
from ..findings import INFO, WARNING, Finding, Fix, some

_ONLINE_ONLY = getattr(stat, "FILE_ATTRIBUTE_OFFLINE", 0x1000) | 0x00400000
"""Offline, or fetched when it is read: what cloud drives leave in a file's place on Windows."""
# As Blender writes it on Windows, and as Blender on another system reads it from a .blend.
_OF_WINDOWS = re.compile(r"/?[A-Za-z]:[\\/]|\\\\")


def find(context: CheckContext) -> Iterator[Finding]:
    """Renamed or slow files are mentioned; only what would fail is a warning."""
    there = [line for line in context.files if not line.missing and line.source]
    sources = [line.source for line in there]
    yield from _placeholders(sources)
    yield from _foreign(context)
    yield from _renamed(there)
    drives = {drive_of(source) for source in sources} - {""}
    if len(drives) > 1:
        yield Finding(
            INFO, "several_drives", msg("Files are on several drives: {drives}.", drives=", ".join(sorted(drives)))
        )


def _renamed(lines: list[FileLine]) -> Iterator[Finding]:
    """Reserved and overlong names, those that end in a dot, and those that differ only in case, also of folders."""
    theirs = [line for line in lines if line.kind not in (color_config.CONFIG, color_config.TABLE)]
    changed = [line.source for line in theirs if not keeps_name(line.path, _as_blend(line))]
    if changed:
        yield Finding(
            INFO,
            "names_changed",
            msg(
                "{files}: this name is not valid or not unique on other systems, so it is renamed in the package. "
                "Your own files are not changed.",
                files=some(changed),
            ),
        )


def _as_blend(line: FileLine) -> str:
    """The name with the extension .blend, which the main file always gets."""
    folder, name = os.path.split(line.source)
    return os.path.join(folder, blend_name(name)) if line.kind == "scene" else line.source


def _placeholders(sources: list[str]) -> Iterator[Finding]:
    away = [source for source in sources if _is_placeholder(source)]
    if away:
        yield Finding(
            WARNING,
            "cloud_placeholder",
            msg(
                "{files}: only a placeholder is stored on this computer; the file is in a cloud drive. It will be "
                "downloaded during packing, which may take a while. Make it available offline first.",
                files=some(away),
            ),
        )


def _is_placeholder(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    if getattr(status, "st_file_attributes", 0) & _ONLINE_ONLY:
        return True
    # macOS: a file with a size and no blocks is one that iCloud has offloaded.
    return bool(getattr(status, "st_flags", 0) & getattr(stat, "SF_DATALESS", 0x40000000))


def _foreign(context: CheckContext) -> Iterator[Finding]:
    """Paths of another system: C:\\textures means nothing on Linux."""
    if os.name == "nt":
        return
    foreign = [one.path for one in context.found if _OF_WINDOWS.match(one.path)]
    if foreign:
        yield Finding(
            WARNING,
            "path_of_another_system",
            msg(
                "{paths}: this is a Windows path. Remap it to the file's location on this computer.",
                paths=some(foreign),
            ),
            fixes=(Fix("file.find_missing_files"),),
        )
