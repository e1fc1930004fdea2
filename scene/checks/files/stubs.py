"""Files that only stand for others: pointers of Git LFS, and text where a picture, a sound or a cache should be."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ....client.message import msg
from ..context import CheckContext, FileLine
from ..findings import WARNING, Finding, some

# The kinds in scan.references whose files are never text.
_BINARY = frozenset(
    {
        *("image", "image sequence", "UDIM tiles", "stereo image", "image strip", "movie", "movie strip"),
        *("movie clip", "clip sequence", "sound", "font", "volume", "volume sequence", "ocean cache"),
        *("mesh cache", "multires data", "point cache"),
    }
)
# USD can be text too, so its name decides.
_BINARY_NAMES = (".abc", ".usdc", ".usdz")
_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = b"/annex/objects/"
# Images that begin with a few lines of text, and fonts that are text.
_TEXT_FORMATS = (b"#?RADIANCE", b"#?RGBE", b"%!", b"StartFont")
_LARGEST = 64 * 1024
_LOOKED_AT = 1024


def find(context: CheckContext) -> Iterator[Finding]:
    """Pointers instead of any file, text instead of a binary file."""
    small = [line for line in context.files if not line.missing and line.source and 0 < line.bytes < _LARGEST]
    pointers = [line for line in small if is_pointer(line.source)]
    if pointers:
        yield Finding(
            WARNING,
            "file_is_pointer",
            msg(
                "{files}: only a Git LFS or git-annex pointer is stored on this computer. The render will look "
                "different. Fetch the file itself (git lfs pull, git annex get).",
                files=some([line.source for line in pointers]),
            ),
            pointers[0].owner,
        )
    texts = [line for line in small if _is_binary(line) and line not in pointers and _is_text(line)]
    if texts:
        yield Finding(
            WARNING,
            "file_is_text",
            msg(
                "{files} contains text, such as an error page saved under this name. The render will look different. "
                "Download it again, or replace it.",
                files=some([line.source for line in texts]),
            ),
            texts[0].owner,
        )


def is_pointer(path: str) -> bool:
    """Whether the file stands for one that Git LFS or git-annex keeps elsewhere."""
    start = _start(path)
    return start.startswith((_LFS, _ANNEX))


def _is_binary(line: FileLine) -> bool:
    return line.kind in _BINARY or line.source.lower().endswith(_BINARY_NAMES)


def _is_text(line: FileLine) -> bool:
    start = _start(line.source)
    if not start or start.startswith(_TEXT_FORMATS):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)  # the last character may be truncated
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)


def _start(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError:
        return b""
