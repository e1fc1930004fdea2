"""OSL scripts include other files. Cycles looks for them next to the including file, then among its own.

Cycles compiles the script file of a node or a camera when it renders; a text in the .blend is stored compiled.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy

from . import sequence
from .sequence import Files

KINDS = ("OSL script", "OSL include")
TEXTURE = "OSL texture"
"""A text that a script is given, when it names a file: other texts have none."""
LITERAL = "path in a script"
"""A file that the code itself names, which has another place elsewhere."""

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif|include)\b(.*)$", re.MULTILINE)
_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)+)"')
_PARAMETERS = re.compile(r'\b(?:shader|surface|displacement|volume)\s+\w+\s*(?:"[^"\n]*"|[^{"])*')
_NAMED = re.compile(r"""\s*["<]([^">\n]+)[">]""")
_INCLUDE = re.compile(r"""(?m)^([ \t]*#[ \t]*include[ \t]*)["<]([^">\n]+)[">]""")


@dataclass(frozen=True, slots=True)
class Includes:
    """The files that a script includes, to any depth, absolute."""

    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def texture(path: str) -> Callable[[], Files]:
    """The picture with its tiles, or other file, that a text names, or nothing. A picture's name is kept even if it is
    missing."""

    def find() -> Files:
        if there := tuple(sequence.tiles_there(path)):
            return there, ()
        is_picture = os.path.splitext(path)[1].lower() in bpy.path.extensions_image  # type: ignore[attr-defined]
        return ((path,), (path,)) if is_picture else ((), ())

    return find


def literals(code: str) -> list[str]:
    """The existing files that a script's code names by absolute paths. Parameters are skipped: the node sets them."""
    body = _PARAMETERS.sub("", _INCLUDE.sub("", _COMMENT.sub(_as_blank, code)))
    texts = (match[1] for match in _TEXT.finditer(body))
    return sorted({os.path.normpath(text) for text in texts if os.path.isabs(text) and os.path.isfile(text)})


def literals_of(path: str) -> list[str]:
    """The same for a script on disk."""
    return literals(_read(path))


def includes(path: str) -> Includes:
    """The files that the script includes, except those that come with Blender."""
    found: dict[str, bool] = {}
    waiting = [path]
    seen = {path}
    while waiting:
        for file, is_needed in _named_by(waiting.pop()):
            is_there = os.path.isfile(file)
            if file in seen or not (is_there or is_needed):
                continue
            seen.add(file)
            found[file] = is_there
            waiting += [file] if is_there else []
    return Includes(
        tuple(sorted(file for file, is_there in found.items() if is_there)),
        tuple(sorted(file for file, is_there in found.items() if not is_there)),
    )


def rewrite(source: str, place: str, places: Mapping[str, str], target: Path) -> bool:
    """Write the script with the package's paths to the target.

    Args:
        source, place, places, target: as for `usd.rewrite`.

    Returns:
        False when it can be sent as it is.
    """
    home = posixpath.dirname(place)

    def moved(match: re.Match[str]) -> str:
        there = places.get(_beside(source, match[2]))
        if not there or posixpath.normpath(posixpath.join(home, match[2])) == there:
            return match[0]
        return f'{match[1]}"{posixpath.relpath(there, home)}"'

    text = _read(source)
    changed = _INCLUDE.sub(moved, text)
    if changed != text:
        target.write_bytes(changed.encode("latin-1"))
    return changed != text


def _named_by(path: str) -> Iterator[tuple[str, bool]]:
    """Each file that a script includes, and whether it is included unconditionally."""
    conditions = 0
    for match in _DIRECTIVE.finditer(_COMMENT.sub(_as_blank, _read(path))):
        if match[1].startswith("if"):
            conditions += 1
        elif match[1] == "endif":
            conditions -= 1
        elif named := _NAMED.match(match[2]):
            file = _beside(path, named[1])
            if os.path.isfile(file) or not _comes_with_blender(named[1]):
                yield file, not conditions


def _as_blank(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n") or " "


def _beside(path: str, name: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(path), os.fsdecode(name.encode("latin-1"))))


def _comes_with_blender(name: str) -> bool:
    return any(file.is_file() for file in (folder / name for folder in _own_folders()))


def _own_folders() -> Iterator[Path]:
    for kind in ("LOCAL", "SYSTEM"):
        scripts = Path(bpy.utils.resource_path(kind), "scripts")
        yield from (scripts / "addons_core" / "cycles" / "shader", scripts / "addons" / "cycles" / "shader")


def _read(path: str) -> str:
    """The text with one character per byte, so that a change leaves all other bytes as they are."""
    if path.lower().endswith(".oso"):  # a compiled script
        return ""
    try:
        return Path(path).read_bytes().decode("latin-1")
    except OSError:
        return ""
