"""The files that a farm stores: uploaded packages and the results of jobs, each under a key."""

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
    """The storage does not answer, or refuses this farm. strerror: why, as half a sentence."""


class Objects(Protocol):
    """Files by their keys, which only the farm makes.

    All but `path` and `link` may wait for a disk or a network: call them in threads. A missing file raises
    FileNotFoundError, an unreachable place CannotReach, an invalid key ValueError.
    """

    def path(self, key: str) -> Path | None:
        """The file's path on this computer; None if it is stored elsewhere."""

    def link(self, key: str, method: str, expires: int) -> str | None:
        """A direct link to the object.

        Args:
            key: of the object.
            method: the allowed one, GET or PUT.
            expires: Unix seconds.

        Returns:
            None if the farm itself serves its files.
        """

    def renew(self) -> None:
        """Fetch the keys that sign links, so that `link` never waits; to be called about every minute."""

    def signed_put(self, key: str, content: Content) -> SignedRequest | None:
        """A request with which anyone can put exactly this content; None if the farm itself has to check what
        arrives."""

    def arrived(self, key: str) -> int:
        """Bytes of a file that was uploaded by a link and is not yet taken."""

    def take(self, key: str) -> int:
        """Store an uploaded file where its link can no longer change it; calling this again changes nothing.

        Returns its size.
        """

    def size(self, key: str) -> int:
        """Bytes."""

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Bytes of all files in a folder of keys and its subfolders, by their keys."""

    def open(self, key: str) -> BinaryIO:
        """The file for reading, from any position."""

    def fetch(self, key: str, target: Path) -> None:
        """Put the file on this computer's disk, at a path that does not exist yet."""

    def put(self, file: Path, key: str) -> int:
        """Store a finished file, replacing any with this key, and return its size. The file itself is moved."""

    def copy(self, key: str, target: str) -> int:
        """Store a file under another key too, replacing any with that key, and return its size."""

    def names(self, folder: str) -> Iterable[str]:
        """The names of files and folders in a folder of keys."""

    def remove(self, key: str) -> None:
        """Remove a file, or a folder with its contents. A missing one is not an error."""

    def clean(self, before: float) -> None:
        """Remove what was left unfinished before that Unix time."""
