"""A package may contain the OpenColorIO config that its scene was made with; Blender reads a config when it starts."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

_FOLDER = "ocio"
_NAMES = ("config.ocio", "config.ocioz")
_MOST_BYTES = 16 * 1024 * 1024
"""It is read into memory; real ones have 1 MB at most."""
_MOST_FILES = 10_000
"""That a config names; real ones name some hundred."""
_KEYS = re.compile(r"""(?<![\w.$-])["']?(?P<key>search_path|resource_path|src)["']?\s*:""")
"""resource_path: an older name of search_path that OpenColorIO 2 still reads."""
_SKIPPED = re.compile(r"(?:\s++|(?<=\s)#[^\n]*+)*+")
_NAME = r"""(?:"[^"'\\\n]*+"|'[^"'\\\n]*+'|[^\s"'\\\[\]{}&*!|>%@`#,?-][^"'\\\n\[\]{}#,]*+)"""
_FILE = re.compile(_NAME.replace("*+", "{0,1024}+"))
"""Bounded, since there may be many on one line; no path is longer."""
_LISTED = rf"(?:[ \t]*+\n)++[ \t]*+-[ \t]++{_NAME}"
_FOLDERS = re.compile(
    rf"(?P<value>[ \t]*+(?:{_NAME}|\[[ \t]*+{_NAME}(?:,[ \t]*+{_NAME})*+\]|(?:{_LISTED})++))"
    r"\s*+(?:\Z|(?<=\n)[A-Za-z_]\w*+[ \t]*+:)"
)
"""One, a list in brackets or one with dashes, up to the next key or the end of the file."""
_BETWEEN = re.compile(r"""(?:^|\n)[ \t]*-[ \t]+|[\[\],:\n"']+""")
_COMMENT = re.compile(r"(?<![ \t])[ \t]*+(?<![^\s])#[^\n]*+")
_LEADS_AWAY = re.compile(r"""^\s*(?:/|\\|[A-Za-z]:|~)|[$%\\]""")
_NOT_PLAIN = re.compile(
    r"""
    \0                                            # UTF-16, which OpenColorIO reads too
    | (?:^|[\s/\\"'\[{,:])\.\.(?:[\s/\\"'\]},:]|$)  # a step up, wherever it is
    | \\(?:x[0-9A-Fa-f]|u[0-9A-Fa-f]|U[0-9A-Fa-f]|[/\r\n])  # escapes that could hide a name or a path
    | (?:^|[\s{,\[])\?\s                          # a key apart from its value
    | (?:^|[\s{,\[])\*[^\s,{}\[\]"']+[ \t]*:      # a key that is a reference
    """,
    re.VERBOSE | re.MULTILINE,
)


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
    if _NOT_PLAIN.search(text):
        return False
    keys = list(itertools.islice(_KEYS.finditer(text), _MOST_FILES + 1))
    if len(keys) > _MOST_FILES:
        return False
    named = [key["key"] for key in keys]
    for key in ("search_path", "resource_path"):
        if text.count(key) != named.count(key) or named.count(key) > 1:
            return False
    return all(_is_inside(text, key) for key in keys)


def _is_inside(text: str, key: re.Match[str]) -> bool:
    """Whether the value of a key that names files or folders is in a plain form and leads nowhere else."""
    if key["key"] == "src":
        start = _SKIPPED.match(text, key.end())
        name = _FILE.match(text, start.end() if start else key.end())
        return name is not None and not _LEADS_AWAY.search(name[0].strip("\"'"))
    folders = _FOLDERS.match(_COMMENT.sub("", text[key.end() :]))
    return folders is not None and not any(map(_LEADS_AWAY.search, _BETWEEN.split(folders["value"])))
