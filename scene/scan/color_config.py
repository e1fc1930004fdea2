"""The OpenColorIO config that this Blender uses, and the tables that it names.

Blender uses the one in the environment, else that of the project (5.3), else one in the user's own data files, else its
own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import bpy

from ..request import path_variables, project_variables
from ..request.path_variables import UnknownVariable

VARIABLE, FIRST_VARIABLE = "OCIO", "BLENDER_OCIO"
"""5.0 and newer look at the second first."""
FALLBACK = "FALLBACK"
"""Blender 5.3 says so where it could load no config at all."""
CONFIG, TABLE = "color config", "color table"
FOLDER = "ocio"
"""Where it is in a package; a farm of ours looks there."""

_SOURCE = re.compile(
    r"""(!<FileTransform>[^!]*?\bsrc:[ \t]*)("[^"\n]*"|'[^'\n]*'|(?:\$\{\w+\}|[^,}\s])(?:\$\{\w+\}|[^,}\n])*)"""
)
_REFERENCE = re.compile(r"""(<Reference\b[^>]*?\bpath\s*=\s*)(["'])([^"']+)\2""")
_SEARCH = re.compile(r"(?m)^search_path:(.*(?:\n[ \t]+-.*)*)")
_ENVIRONMENT = re.compile(r"(?m)^environment:[ \t]*\n((?:[ \t]+.+\n)+)")


@dataclass(frozen=True, slots=True)
class Tables:
    """found: as the config names them → absolute. missing: names."""

    found: Mapping[str, str]
    missing: tuple[str, ...]


def in_use() -> str:
    """Path or URL of the config, or "" for Blender's own."""
    space = getattr(bpy.data, "colorspace", None)
    if getattr(space, "ocio_config_source", "") in ("BLENDER", FALLBACK):  # 5.3 shows what it could load
        loaded = str(Path(space.ocio_config_path).absolute()) if space.ocio_config_path else ""
        return "" if loaded in _blenders() else loaded
    named = (
        _of_project()
        or (os.environ.get(FIRST_VARIABLE, "") if bpy.app.version >= (5, 0, 0) else "")
        or os.environ.get(VARIABLE, "")
    )
    if named and not named.startswith("ocio://"):
        named = os.path.abspath(named)
        named = named if os.path.isfile(named) else ""  # Blender then uses its own
    if not named:
        own = Path(bpy.utils.user_resource("DATAFILES", path="colormanagement"), "config.ocio")
        named = str(own) if own.is_file() else ""
    return "" if named in _blenders() else named


def is_fallback() -> bool:
    """Whether Blender could load no config, not even its own."""
    return getattr(getattr(bpy.data, "colorspace", None), "ocio_config_source", "") == FALLBACK


def environment() -> dict[str, str]:
    """Variables that make another Blender use the project's config, wherever its file is."""
    config = _of_project()
    return {FIRST_VARIABLE: config} if config else {}


def can_be_packed(config: str) -> bool:
    """Whether the config is a file."""
    return os.path.isfile(config)


def tables(config: str) -> Tables:
    """The files that the config reads; an archive (.ocioz) contains them."""
    text = _text(config)
    folder = os.path.dirname(config)
    values = _variables(text)
    places = [os.path.join(folder, _expanded(place, values)) for place in _search_path(text)]
    found: dict[str, str] = {}
    missing = []
    names = list(dict.fromkeys(_plain(match[2]) for match in _SOURCE.finditer(text)))
    for name in names:  # which grows in this loop
        wanted = _expanded(name, values)
        candidates = [os.path.normpath(os.path.join(place, wanted)) for place in (*places, folder)]
        there = next((path for path in candidates if os.path.isfile(path)), None)
        if there:
            found[name] = there
            names += [one for one in _referenced(there) if one not in names]
        else:
            missing.append(candidates[0])
    return Tables(found, tuple(missing))


def rewrite_table(config: str, table: str, names: Mapping[str, str], target: Path) -> bool:
    """Write a table that names others, with the package's paths.

    Args:
        config, table: absolute paths, the table one of the config's.
        names: as for `rewrite`.
        target: the file to write.

    Returns:
        False when it can be sent as it is.
    """
    if not _referenced(table):
        return False
    found = tables(config).found

    def moved(match: re.Match[str]) -> str:
        place = names.get(found.get(unescape(match[3]), ""))
        return f'{match[1]}"{escape(place.removeprefix(FOLDER + "/"))}"' if place else match[0]

    target.write_text(_REFERENCE.sub(moved, _text(table)), encoding="utf-8", newline="\n")
    return True


def rewrite(config: str, names: Mapping[str, str], target: Path) -> bool:
    """Write the config with the package's paths.

    Args:
        config: absolute path.
        names: the place of each table in the package, by its absolute path.
        target: the file to write.

    Returns:
        False when it can be sent as it is.
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


def _of_project() -> str:
    """The config that the open file's project names, or ""."""
    space = getattr(bpy.data, "colorspace", None)
    if getattr(space, "ocio_config_source", "") != "PROJECT":
        return ""
    try:
        return path_variables.fill(space.ocio_config_path, project_variables.variables())
    except UnknownVariable:
        return str(space.ocio_config_path)


def _referenced(table: str) -> list[str]:
    """The files that a table of the format CTF names."""
    if not table.lower().endswith(".ctf"):
        return []
    return [unescape(match[3]) for match in _REFERENCE.finditer(_text(table))]


def _blenders() -> set[str]:
    """Where Blender's own config is; since 5.1, Blender sets it in the environment."""
    folders = [Path(bpy.utils.resource_path(kind), "datafiles") for kind in ("LOCAL", "SYSTEM")]
    folders.append(Path(bpy.utils.system_resource("DATAFILES") or "."))  # type: ignore[attr-defined]
    return {str((folder / "colormanagement" / "config.ocio").absolute()) for folder in folders}


def _search_path(text: str) -> list[str]:
    match = _SEARCH.search(text)
    colon = r"(?<![A-Za-z]):|:(?![\\/])" if os.name == "nt" else ":"
    parts = re.split(rf"[\n,\[\]]|{colon}", match[1]) if match else []
    return [_plain(part.strip().removeprefix("- ")) for part in parts if part.strip()]


def _variables(text: str) -> dict[str, str]:
    """The config's variables, which the environment overrides."""
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
