"""Is this file the frame we asked for?  Whole, of the right size, and not black or pink.

A *broken* file is fetched again.  A *suspect* one is real but looks wrong: it gets its place and is shown as such,
never hidden.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...jobs.submission import FrameRecord, FrameState
from . import image_headers, png

PINK_EVERY = 25
"""Looking for pink takes a second of Python per HD frame: the first frame and every 25th, and all once one was pink."""

CLOCK_SECONDS = 2.0
"""What a disk's time stamps may be off."""

PINK = "Much of it has the pink of missing textures."


@dataclass(frozen=True, slots=True)
class Expected:
    """What we know of a file before it is looked at: 0 and "" where nothing is known."""

    bytes: int = 0
    sha256: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """broken: why the file must be fetched again.  suspect: why it looks wrong.  Both "" for a good one."""

    sha256: str
    bytes: int
    broken: str = ""
    suspect: str = ""
    is_pink: bool = False


class PinkWatch:
    """Decides which frames of a submission are searched for pink: a sample, and all once one was, the earlier ones too.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._count = 0
        self._looked: set[str] = set()
        self._was_pink = False

    def recall(self, records: Iterable[FrameRecord]) -> None:
        """Take in what an earlier run has found."""
        self._was_pink = self._was_pink or any(one.reason == PINK for one in records)

    def should_look(self, name: str) -> bool:
        with self._guard:
            self._count += 1
            looks = self._was_pink or name in self._looked or self._count % PINK_EVERY == 1
            if looks:
                self._looked.add(name)
            return looks

    def saw(self, verdict: Verdict) -> None:
        self._was_pink = self._was_pink or verdict.is_pink

    def missed(self, records: Iterable[FrameRecord]) -> list[FrameRecord]:
        """Frames that are here and have to be looked at once more."""
        if not self._was_pink:
            return []
        return [one for one in records if one.state is FrameState.DOWNLOADED and one.name not in self._looked]

    def look_again(self, record: FrameRecord) -> bool:
        """Whether a frame that is in its place is pink.  One that was taken away or painted over is not ours."""
        self._looked.add(record.name)
        try:
            return png.is_pink(Path(record.path))
        except (OSError, ValueError):
            return False


def verify(path: Path, expected: Expected, *, look_for_pink: bool = False) -> Verdict:
    """Look at a file that is under its temporary name.  Raises OSError when it cannot be read."""
    size = path.stat().st_size
    digest = sha256_of(path)
    if expected.bytes and size != expected.bytes:
        return Verdict(digest, size, broken=f"it has {size:,} bytes, the service says {expected.bytes:,}")
    if expected.sha256 and digest != expected.sha256.lower():
        return Verdict(digest, size, broken="its checksum is not the one that the service gives")
    try:
        picture = image_headers.read(path)
    except ValueError as problem:
        return Verdict(digest, size, broken=str(problem))
    if picture is None:
        return Verdict(digest, size)
    is_pink = look_for_pink and picture.kind == "PNG" and png.is_pink(path)
    return Verdict(digest, size, suspect=_suspicion(picture, expected, is_pink), is_pink=is_pink)


def sha256_of(path: Path) -> str:
    """The file's checksum in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_as_recorded(record: FrameRecord) -> bool:
    """Whether the file lies there unchanged since it came."""
    path = Path(record.path)
    try:
        return path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
    except OSError:
        return False


def is_from_elsewhere(record: FrameRecord) -> bool:
    """Whether a picture that opens lies there, written after ours had come: another job's, or retouched."""
    path = Path(record.path)
    try:
        return path.stat().st_mtime > record.updated + CLOCK_SECONDS and image_headers.read(path) is not None
    except (OSError, ValueError):
        return False


def _suspicion(picture: image_headers.ImageHeader, expected: Expected, is_pink: bool) -> str:
    wanted, got = (expected.width, expected.height), (picture.width, picture.height)
    if all(wanted) and all(got) and wanted != got:
        return f"It is {got[0]} × {got[1]} pixels, not {wanted[0]} × {wanted[1]}."
    if is_pink:
        return PINK
    if picture.is_black:
        return "It is all black."
    return ""
