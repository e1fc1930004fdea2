# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenColorIO config that this Blender uses, and the tables that it names.

Blender takes the one that the environment names, then one in the user's own data files, then its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy

VARIABLE = "OCIO"
CONFIG, TABLE = "color config", "color table"
FOLDER = "ocio"
"""Where it lies in a package; a farm of ours looks there."""

_SOURCE = re.compile(
    r"""(!<FileTransform>[^!]*?\bsrc:[ \t]*)("[^"\n]*"|'[^'\n]*'|(?:\$\{\w+\}|[^,}\s])(?:\$\{\w+\}|[^,}\n])*)"""
)
_SEARCH = re.compile(r"(?m)^search_path:(.*(?:\n[ \t]+-.*)*)")
_ENVIRONMENT = re.compile(r"(?m)^environment:[ \t]*\n((?:[ \t]+.+\n)+)")


@dataclass(frozen=True, slots=True)
class Tables:
    """found: as the config names them → absolute. missing: names."""

    found: Mapping[str, str]
    missing: tuple[str, ...]


def in_use() -> str:
    """Path or address of the config, or "" for Blender's own."""
    named = os.environ.get(VARIABLE, "")
    if named and not named.startswith("ocio://"):
        named = os.path.abspath(named)
    if not named:
        own = Path(bpy.utils.user_resource("DATAFILES", path="colormanagement"), "config.ocio")
        named = str(own) if own.is_file() else ""
    return "" if named in _blenders() else named


def can_be_packed(config: str) -> bool:
    """Whether it is a file."""
    return os.path.isfile(config)


def tables(config: str) -> Tables:
    """The files that the config reads; an archive (.ocioz) holds its own."""
    text = _text(config)
    folder = os.path.dirname(config)
    values = _variables(text)
    places = [os.path.join(folder, _expanded(place, values)) for place in _search_path(text)]
    found: dict[str, str] = {}
    missing = []
    for name in dict.fromkeys(_plain(match[2]) for match in _SOURCE.finditer(text)):
        wanted = _expanded(name, values)
        candidates = [os.path.normpath(os.path.join(place, wanted)) for place in (*places, folder)]
        there = next((path for path in candidates if os.path.isfile(path)), None)
        if there:
            found[name] = there
        else:
            missing.append(candidates[0])
    return Tables(found, tuple(missing))


def rewrite(config: str, names: Mapping[str, str], target: Path) -> bool:
    """Write the config as it lies in the package. False when it can be sent as it is.

    names: place of each table in the package, by its absolute path.
    """
    if config.lower().endswith(".ocioz"):
        return False
    found = tables(config).found

    def moved(match: re.Match[str]) -> str:
        place = names.get(found.get(_plain(match[2]), ""))
        return f'{match[1]}"{place.removeprefix(FOLDER + "/")}"' if place else match[0]

    text = _SEARCH.sub("", _SOURCE.sub(moved, _text(config)), count=1)
    first, newline, rest = text.partition("\n")
    target.write_text(f"{first}{newline}search_path: .\n{rest}", encoding="utf-8", newline="\n")
    return True


def _blenders() -> set[str]:
    """Where Blender keeps its own; from 5.1 on it names that one in the environment."""
    folders = [Path(bpy.utils.resource_path(kind), "datafiles") for kind in ("LOCAL", "SYSTEM")]
    folders.append(Path(bpy.utils.system_resource("DATAFILES") or "."))  # type: ignore[attr-defined]
    return {str((folder / "colormanagement" / "config.ocio").absolute()) for folder in folders}


def _search_path(text: str) -> list[str]:
    match = _SEARCH.search(text)
    colon = r"(?<![A-Za-z]):|:(?![\\/])" if os.name == "nt" else ":"
    parts = re.split(rf"[\n,\[\]]|{colon}", match[1]) if match else []
    return [_plain(part.strip().removeprefix("- ")) for part in parts if part.strip()]


def _variables(text: str) -> dict[str, str]:
    """The config's own values, which the environment overrides."""
    match = _ENVIRONMENT.search(text)
    lines = match[1].splitlines() if match else []
    own = {_plain(key): _plain(value) for key, _, value in (line.partition(":") for line in lines)}
    return {**own, **os.environ}


def _expanded(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?|%(\w+)%", lambda match: values.get(match[1] or match[2], match[0]), text)


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text[:1] in ("'", '"') and text[-1:] == text[:1] else text


def _text(config: str) -> str:
    if config.lower().endswith(".ocioz"):
        return ""
    try:
        return Path(config).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
