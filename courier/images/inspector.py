"""Which format a file has, how large the image is, whether it is complete, and what its pixels are.

Formats that the standard library can read fast enough have a module each; OpenImageIO reads the pixels of the others
if this Python has it. docs/reliability.md says what is checked for which format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ...client.message import msg
from . import exr_pixels, oiio, other_formats, png, radiance, targa, tiff
from .image_format import ImageFormat, ImageHeader
from .sampling import Samples

FORMATS: tuple[ImageFormat, ...] = (
    png.FORMAT,
    exr_pixels.FORMAT,
    tiff.FORMAT,
    radiance.FORMAT,
    targa.FORMAT,
    *other_formats.FORMATS,
)
_HEAD_BYTES = 32
_Answer = TypeVar("_Answer")


def inspect(path: Path) -> ImageHeader | None:
    """The file's header; None for an unknown format.

    Raises OSError, and ValueError with a message if it is incomplete or not of the format that its name claims.
    """
    if not path.stat().st_size:
        raise ValueError(msg("it is empty"))
    known = _format(path)
    if known is not None:
        return _asked(known.read, path)
    wanted = path_suffix(path)
    for one in FORMATS:
        if wanted in one.suffixes:
            raise ValueError(msg("it is not a {kind} file", kind=one.kind))
    return None


def sample(path: Path) -> Samples | None:
    """Pixels of the image, evenly spread; None for a format that nothing here can unpack.

    Raises OSError, and ValueError with a message if it is damaged.
    """
    known = _format(path)
    if known is None:
        return None
    return _asked(known.sample, path) or oiio.sample(path, known.kind)


def path_suffix(path: Path) -> str:
    """The suffix of the file's final name, even while it has a temporary one (see `safe_paths.partial`)."""
    return Path(path.name.removesuffix(".farmhand-part")).suffix.lower()


def _format(path: Path) -> ImageFormat | None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    nameless = (one for one in FORMATS if not one.magics and path_suffix(path) in one.suffixes)
    return next((one for one in FORMATS if one.is_format_of(head)), None) or next(nameless, None)


def _asked(question: Callable[[Path], _Answer], path: Path) -> _Answer:
    try:
        return question(path)
    except (struct.error, IndexError, OverflowError):
        raise ValueError(msg("it is truncated")) from None
