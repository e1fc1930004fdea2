"""What the modules of the formats share: what they report about a file, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .sampling import Samples

MAX_SIDE = 65536
"""Pixels: the largest that Blender renders."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a file's header says.

    width, height: 0 if the format does not tell. is_black: every color is nearly zero everywhere, as far as we can
    tell.
    """

    kind: str
    width: int = 0
    height: int = 0
    is_black: bool = False


def no_samples(path: Path) -> Samples | None:
    """For formats that the standard library cannot unpack, or not in time."""
    return None


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One image or movie format.

    magics: offset and bytes that a file of the format has there; empty if only its suffix tells. read: the header;
    raises ValueError with a message if the file is incomplete, or struct.error, IndexError, OverflowError. sample: some
    of its pixels; None if they cannot be unpacked here; raises as `read` does.
    """

    kind: str
    suffixes: tuple[str, ...]
    magics: tuple[tuple[int, bytes], ...]
    read: Callable[[Path], ImageHeader]
    sample: Callable[[Path], Samples | None] = no_samples

    def is_format_of(self, head: bytes) -> bool:
        """Whether a file that begins with these 32 bytes has this format."""
        return any(head[at : at + len(magic)] == magic for at, magic in self.magics)
