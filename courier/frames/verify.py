"""Checks that a file is the frame we asked for: complete, of the right size, and without signs of a fault.

A *broken* file is fetched again. A *suspect* one is real but looks wrong: it is saved and shown as such, never hidden.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ...client.message import Message, msg
from ...client.plain_text import printable
from ...jobs.journal.submission import FrameRecord
from ..images import inspector
from ..images.image_format import ImageHeader
from .suspicion import BLACK, FaultColors, suspicion

CLOCK_SECONDS = 2.0
"""How far a disk's time stamps may be off."""
_NAMED, _LONGEST_NAME = 3, 80


@dataclass(frozen=True, slots=True)
class Expected:
    """What we know of a file before it is checked: 0 and "" where nothing is known.

    unreadable: what Blender could not read for the frame, as the service reports it.
    """

    bytes: int = 0
    sha256: str = ""
    width: int = 0
    height: int = 0
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """broken: why the file must be fetched again. suspect: why it looks wrong. Both "" for a good one.

    is_sampled: the suspicion comes from pixels, which are not read for every frame.
    """

    sha256: str
    bytes: int
    broken: str = ""
    suspect: str = ""
    is_sampled: bool = False


def verify(path: Path, expected: Expected, *, colors: FaultColors | None = None) -> Verdict:
    """Check a file under its temporary name. What is wrong with it is part of the verdict.

    Args:
        expected: what the service says about it; what it does not say is not compared.
        colors: the colors of faults to search the pixels for, which takes a second; None to check only for black.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    digest = sha256_of(path)
    if expected.bytes and size != expected.bytes:
        return Verdict(
            digest,
            size,
            broken=msg(
                "it has {size:,} bytes, but the server reports {expected:,}", size=size, expected=expected.bytes
            ),
        )
    if expected.sha256 and digest != expected.sha256.lower():
        return Verdict(digest, size, broken=msg("its checksum does not match the server's"))
    try:
        picture = inspector.inspect(path)
    except ValueError as problem:
        return Verdict(digest, size, broken=Message.from_error(problem))
    if picture is None:
        return Verdict(digest, size, suspect=_of_unreadable(expected))
    suspect = _of_size(picture, expected) or (BLACK if picture.is_black else "") or _of_unreadable(expected)
    if suspect or colors is None:
        return Verdict(digest, size, suspect=suspect)
    try:
        suspect = suspicion_of(path, colors)
    except ValueError as problem:
        return Verdict(digest, size, broken=Message.from_error(problem))
    return Verdict(digest, size, suspect=suspect, is_sampled=bool(suspect))


def suspicion_of(path: Path, colors: FaultColors) -> str:
    """Which sign of a fault a picture's pixels show, or "". Raises OSError, and ValueError when it is damaged."""
    samples = inspector.sample(path)
    if samples is None:
        return ""
    return BLACK if samples.is_black else suspicion(samples, colors)


def sha256_of(path: Path) -> str:
    """The file's checksum in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_as_recorded(record: FrameRecord) -> bool:
    """Whether the file is unchanged since it was downloaded."""
    path = Path(record.path)
    try:
        return path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
    except OSError:
        return False


def is_unchanged(record: FrameRecord, came_ns: int) -> bool:
    """The same, but the same size and time stamp suffice. came_ns: as in `is_from_elsewhere`."""
    try:
        found = Path(record.path).stat()
    except (OSError, ValueError):
        return False
    is_untouched = came_ns and abs(found.st_mtime_ns - came_ns) <= CLOCK_SECONDS * 1e9
    return bool(is_untouched and found.st_size == record.bytes) or is_as_recorded(record)


def is_from_elsewhere(record: FrameRecord, came_ns: int) -> bool:
    """Whether another readable image has replaced the file since its download: another job's, or a retouched one.

    Bytes that changed while size and time stamp stayed are damage. came_ns: the file's time stamp after its download,
    in nanoseconds; 0 if that is not known, and then this computer's clock tells which is newer.
    """
    path = Path(record.path)
    try:
        found = path.stat()
        if came_ns:
            is_touched = abs(found.st_mtime_ns - came_ns) > CLOCK_SECONDS * 1e9
        else:
            is_touched = found.st_mtime > record.updated + CLOCK_SECONDS
        is_written = is_touched or (bool(record.sha256) and found.st_size != record.bytes)
        return is_written and not is_as_recorded(record) and inspector.inspect(path) is not None
    except (OSError, ValueError):
        return False


def _of_unreadable(expected: Expected) -> str:
    names = [printable(name)[:_LONGEST_NAME] for name in expected.unreadable]
    if not names:
        return ""
    if len(names) > _NAMED:
        return msg(
            "Blender could not read {names} and {count} more for this frame.",
            names=", ".join(names[:_NAMED]),
            count=len(names) - _NAMED,
        )
    return msg("Blender could not read {names} for this frame.", names=", ".join(names))


def _of_size(picture: ImageHeader, expected: Expected) -> str:
    wanted, got = (expected.width, expected.height), (picture.width, picture.height)
    if all(wanted) and all(got) and wanted != got:
        return msg(
            "It is {width} × {height} pixels instead of {wanted_width} × {wanted_height}.",
            width=got[0],
            height=got[1],
            wanted_width=wanted[0],
            wanted_height=wanted[1],
        )
    return ""
