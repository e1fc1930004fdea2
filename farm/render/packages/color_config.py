"""A package may contain the OpenColorIO config that its scene was made with; Blender reads a config when it starts."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = "ocio"
_NAMES = ("config.ocio", "config.ocioz")
_MOST_BYTES = 16 * 1024 * 1024
"""It is read into memory; real ones have 1 MB at most."""
_NAMED = re.compile(r"""(?:\bsrc:|^search_path:)[ \t]*["']?([^\n]*)""", re.MULTILINE)
_LEADS_AWAY = re.compile(r"""^\s*["']?(?:/|\\|[A-Za-z]:|~)|\.\.|[$%]""")


def config_of(package: Path) -> Path | None:
    """The config of an unpacked package, or None. A config that reads other files, or is too large, is not used."""
    for name in _NAMES:
        config = package / _FOLDER / name
        if config.is_file() and _stays_inside(config):
            return config
    return None


def _stays_inside(config: Path) -> bool:
    if config.suffix == ".ocioz":
        return True
    if config.stat().st_size > _MOST_BYTES:
        return False
    text = config.read_text(encoding="utf-8", errors="replace")
    return not any(_LEADS_AWAY.search(match[1].partition(",")[0]) for match in _NAMED.finditer(text))
