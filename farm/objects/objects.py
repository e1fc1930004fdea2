"""What a farm keeps of files: packages that were uploaded and what came of jobs, each under a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from .signed_put import Content, SignedRequest

_NOT_IN_A_KEY = "\\:\x7f"
UPLOADS, JOBS, INCOMING, ATTEMPTS, TILES = "uploads", "jobs", "incoming", "attempts", "tiles"
"""The folders of keys. Below `jobs` each job has one of its own. Past the farm, uploads arrive in `incoming`, and what
nodes render in a folder of its own for each attempt; tiles of a frame that is split then wait below `tiles`."""


def is_key(key: str) -> bool:
    """Whether a text is a relative path of plain names, below the storage's folder on every system."""
    return bool(key) and not any(
        part in ("", ".", "..") or any(letter in _NOT_IN_A_KEY or ord(letter) < 32 for letter in part)
        for part in key.split("/")
    )


class CannotReach(OSError):
    """The place of the farm's files does not answer, or not to this farm. strerror: why, as half a sentence."""


class Objects(Protocol):
    """Files by their keys, which only the farm makes.

    All but `path` and `link` may wait for a disk or a network: they are for threads. A file that is not there raises
    FileNotFoundError, a place that cannot be reached CannotReach, what is no key ValueError.
    """

    def path(self, key: str) -> Path | None:
        """Where the file is on this computer; None where the place is elsewhere."""

    def link(self, key: str, method: str, expires: int) -> str | None:
        """A link that leads straight to the place.

        Args:
            key: of the object.
            method: the one that is allowed, GET or PUT.
            expires: Unix seconds.

        Returns:
            None where the farm itself serves its files.
        """

    def renew(self) -> None:
        """Have ready what links are signed with, so that `link` never waits; to be called about every minute."""

    def signed_put(self, key: str, content: Content) -> SignedRequest | None:
        """A request that anybody may send to put just this content at the place; None where the farm itself has to
        look at what arrives."""

    def arrived(self, key: str) -> int:
        """Bytes of a file that was uploaded by a link and is not yet taken."""

    def take(self, key: str) -> int:
        """Keep a file that has arrived, so that its link no longer reaches it; once it is kept, this changes nothing.

        Returns its size.
        """

    def size(self, key: str) -> int:
        """Bytes."""

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Bytes of all files in a folder of keys and the folders in it, by their keys."""

    def open(self, key: str) -> BinaryIO:
        """The file for reading, from any position."""

    def fetch(self, key: str, target: Path) -> None:
        """Have the file on this computer's disk under a name that is free."""

    def put(self, file: Path, key: str) -> int:
        """Keep a finished file, in place of what has this key, and return its size. The file itself is gone then."""

    def copy(self, key: str, target: str) -> int:
        """Keep a file under another key too, in place of what has that, and return its size."""

    def names(self, folder: str) -> Iterable[str]:
        """What is in a folder of keys: names of files and folders."""

    def remove(self, key: str) -> None:
        """Remove a file, or a folder with all that is in it. What is not there is no error."""

    def clean(self, before: float) -> None:
        """Remove what was left half done before that Unix time."""
