"""One GET of a file into a partial file, resuming where an earlier try broke off.

    shot_0001.png.part             what has arrived
    shot_0001.png.part.version     which version of the file that is (the server's ETag or date), until it is complete

With If-Range, the server says whether its file is still the same. If not, or if it does not say, the download starts
over. The caller gives the complete file its real name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .. import files
from ..cancellation import NEVER, CancelToken
from ..error_messages import Headers, link_refused
from ..error_words import looks_like_page
from ..errors import LocalProblem, Malformed
from ..message import msg
from .bandwidth import BandwidthLimit
from .connections import ConnectionPool
from .exchange import Response, exchange

MAX_BYTES = 16 * 1024**3
"""The largest file that is accepted without an announced size."""
NOTE_EARLY_BYTES = 4 * 1024 * 1024
"""From this size on, the version is saved at the start, so that even a killed process can resume."""
_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)")

OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A complete file. bytes: its size. resumed_at: how many bytes came from earlier tries."""

    bytes: int
    resumed_at: int


def fetch(
    url: str,
    partial_path: str | os.PathLike[str],
    *,
    pool: ConnectionPool,
    expected_bytes: int | None = None,
    on_progress: OnProgress = lambda _: None,
    cancel: CancelToken = NEVER,
    limit: BandwidthLimit | None = None,
    given_by: str = "",
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Download the rest of the file. Whatever goes wrong, the partial file stays usable for the next try.

    Args:
        expected_bytes: the whole file's size, if it is known.
        on_progress: called with the number of bytes on disk.
        given_by: the address of the service that gave the link.
        max_bytes: size limit for a file whose size is not known.

    Raises Stopped, Unreachable, LocalProblem (disk), Malformed (another length than expected, a web page), Unauthorized
    (the link expired), another Refused.
    """
    partial = _Partial(Path(partial_path))
    pull = _Pull(
        url, partial, expected_bytes, on_progress, cancel, pool, limit or BandwidthLimit(), given_by, max_bytes
    )
    try:
        return pull.run()
    except OSError as error:
        raise LocalProblem(
            msg("Could not write {path} ({reason}).", path=partial.path, reason=error.strerror),
            "The download stopped. Downloaded frames are kept, and the render continues on the server.",
            "Free some disk space or choose another output folder, then retry.",
        ) from error


class _Partial:
    """The partial file and the note with its version. The note never names a version other than that of the bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = Path(f"{path}.version")
        self._has_note = True

    def resumable(self) -> tuple[int, str]:
        """How many bytes there are, and of which version; (0, "") if they cannot be resumed."""
        try:
            version = self._note.read_text(encoding="latin-1")
        except FileNotFoundError:
            self._has_note = False
            return 0, ""
        except (OSError, ValueError):
            return 0, ""
        try:
            return (self.path.stat().st_size, version) if version else (0, "")
        except OSError:
            return 0, ""

    def open(self, offset: int) -> BinaryIO:
        """Open it to write from the offset on. A crash never leaves new bytes under a note about the old ones."""
        if not offset:
            self.forget()
            return self.path.open("wb")
        file = self.path.open("r+b")
        file.truncate(offset)
        file.seek(offset)
        return file

    def note(self, version: str) -> None:
        if version and not self._has_note:
            self._note.write_text(version, encoding="latin-1")
            self._has_note = True

    def forget(self) -> None:
        """Remove the note."""
        if self._has_note:
            files.remove(self._note, missing_ok=True)
            self._has_note = False


@dataclass
class _Pull:
    """One fetch under way."""

    url: str
    partial: _Partial
    expected: int | None
    on_progress: OnProgress
    cancel: CancelToken
    pool: ConnectionPool
    limit: BandwidthLimit
    given_by: str
    max_bytes: int

    def run(self) -> Fetched:
        fetched = self._ask(*self.partial.resumable())
        if fetched is None:  # the partial file does not match the server's: start over
            self.partial.forget()
            fetched = self._ask(0, "")
        if fetched is None:
            raise self._wrong(msg("a response that does not match the request"))
        self.partial.forget()
        return fetched

    def _ask(self, offset: int, version: str) -> Fetched | None:
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers |= {"Range": f"bytes={offset}-", "If-Range": version}
        with exchange(self.pool, "GET", self.url, headers, cancel=self.cancel, given_by=self.given_by) as response:
            if response.status == 416 and offset:
                return self._already_whole(response, offset)
            if response.status not in (200, 206):
                words = response.read_words()
                raise link_refused(response.status, response.headers, words, link=msg("download"), url=response.url)
            start = _start(response)
            if start not in (0, offset) or (start and _version(response.headers) not in ("", version)):
                return None
            return self._receive(response, start)

    def _already_whole(self, response: Response, offset: int) -> Fetched | None:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range") or "")
        if match is None or match[3] != str(offset) or self.expected not in (None, offset):
            return None
        return Fetched(offset, offset)

    def _receive(self, response: Response, start: int) -> Fetched:
        self._check_kind(response)
        total = None if response.length is None else start + response.length
        self._check_size(total)
        version = _version(response.headers)
        with self.partial.open(start) as file:
            try:
                if total is None or total >= NOTE_EARLY_BYTES:
                    self.partial.note(version)
                size = self._copy(response, file, start)
            except BaseException:
                self.partial.note(version)
                raise
        self._check_size(size)
        return Fetched(size, start)

    def _copy(self, response: Response, file: BinaryIO, done: int) -> int:
        while piece := response.read_some(self.limit.chunk):
            done += len(piece)
            self._check_size(done, is_whole=False)
            file.write(piece)
            self.on_progress(done)
            self.limit.throttle(len(piece), self.cancel)
            self.cancel.raise_if_canceled()
        return done

    def _check_size(self, size: int | None, *, is_whole: bool = True) -> None:
        """Raise Malformed for too many bytes or, if these are all, for too few. They are not reused."""
        most = self.max_bytes if self.expected is None else self.expected
        if size is not None and (size > most or (is_whole and self.expected not in (None, size))):
            self.partial.forget()
            raise self._wrong(msg("{received:,} bytes instead of {expected:,}", received=size, expected=most))

    def _check_kind(self, response: Response) -> None:
        if looks_like_page(response.headers.get("Content-Type") or "", b""):
            raise self._wrong(msg("a web page (perhaps from a login portal or firewall)"))
        if (response.headers.get("Content-Encoding") or "identity").lower() != "identity":
            raise self._wrong(msg("compressed data"))

    def _wrong(self, what: str) -> Malformed:
        return Malformed(
            msg("Received {what} instead of {name}.", name=self.partial.path.name.removesuffix(".part"), what=what),
            "The file was discarded.",
            "Try again. If the error persists, check the file on the server.",
        )


def _start(response: Response) -> int:
    """Where in the file the body starts; -1 when the answer contradicts itself."""
    if response.status == 200:
        return 0
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range") or "")
    return int(match[1]) if match and match[1] else -1


def _version(headers: Headers) -> str:
    """The value for If-Range: a strong ETag, else the date; "" if the server gives neither."""
    etag = (headers.get("ETag") or "").strip()
    if etag.startswith('"'):
        return etag
    return (headers.get("Last-Modified") or "").strip()
