"""One GET of a file into a partial file, going on where an earlier try broke off.

    shot_0001.png.part             what has arrived
    shot_0001.png.part.version     which version of the file that is (the server's ETag or date), while it is not whole

The server says with If-Range whether its file is still the same; if not, or if it does not say, the file starts anew.
Giving the whole file its real name is the caller's business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..error_messages import Headers, link_refused, looks_like_page
from ..errors import LocalProblem, Malformed
from ..message import msg
from ..network import NetworkSettings
from .bandwidth import BandwidthLimit
from .exchange import Answer, exchange
from .socket import ShouldStop, check, never

NOTE_EARLY_BYTES = 4 * 1024 * 1024
"""From this size on the version is written down at the start, so that even a killed process can go on."""
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")

OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is whole.  bytes: its size.  resumed_at: how much of it an earlier try had brought."""

    bytes: int
    resumed_at: int


def fetch(
    url: str,
    partial_path: str | os.PathLike[str],
    *,
    network: NetworkSettings,
    expected_bytes: int | None = None,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = never,
    limit: BandwidthLimit | None = None,
) -> Fetched:
    """Bring the rest of the file.  on_progress gets the bytes that are on disk.

    Whatever goes wrong, the partial file stays good for the next try.  Raises Stopped, Unreachable, LocalProblem
    (disk), Malformed (another length than expected, a web page), Unauthorized (the link expired), another Refused.
    """
    partial = _Partial(Path(partial_path))
    pull = _Pull(url, partial, expected_bytes, on_progress, should_stop, network, limit)
    try:
        return pull.run()
    except OSError as error:
        raise LocalProblem(
            msg("Could not write {path} ({reason}).", path=partial.path, reason=error.strerror),
            "The download stopped. Downloaded frames are kept, and the render continues on the service.",
            "Free some disk space or choose another output folder, then retry.",
        ) from error


class _Partial:
    """The partial file and the note on its version.  The note never names another version than the bytes are of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = Path(f"{path}.version")
        self._has_note = True

    def resumable(self) -> tuple[int, str]:
        """How much is here, and of which version; (0, "") when it cannot be gone on with."""
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

    def anew(self) -> BinaryIO:
        """Open it empty.  The note goes first: whoever dies here must not leave new bytes under it."""
        self.forget()
        return self.path.open("wb", buffering=0)

    def at(self, offset: int) -> BinaryIO:
        file = self.path.open("r+b", buffering=0)
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
            self._note.unlink(missing_ok=True)
            self._has_note = False


class _Pull:
    """One fetch under way."""

    def __init__(
        self,
        url: str,
        partial: _Partial,
        expected_bytes: int | None,
        on_progress: OnProgress,
        should_stop: ShouldStop,
        network: NetworkSettings,
        limit: BandwidthLimit | None,
    ) -> None:
        self._url = url
        self._partial = partial
        self._expected = expected_bytes
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._network = network
        self._limit = limit or BandwidthLimit()

    def run(self) -> Fetched:
        offset, version = self._partial.resumable()
        fetched = self._ask(offset, version)
        if fetched is None:  # what is here does not fit the server's file: once more, from the start
            self._partial.forget()
            fetched = self._ask(0, "")
        if fetched is None:
            raise self._wrong(msg("a response that does not match the request"))
        self._partial.forget()
        return fetched

    def _ask(self, offset: int, version: str) -> Fetched | None:
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers |= {"Range": f"bytes={offset}-", "If-Range": version}
        with exchange(self._network, "GET", self._url, headers, should_stop=self._should_stop) as answer:
            if answer.status == 416 and offset:
                return self._already_whole(answer, offset)
            if answer.status not in (200, 206):
                raise link_refused(
                    answer.status, answer.headers, answer.read_words(), link=msg("download"), url=self._url
                )
            start = _start(answer)
            if start not in (0, offset) or (start and _version(answer.headers) not in ("", version)):
                return None
            return self._receive(answer, start)

    def _already_whole(self, answer: Answer, offset: int) -> Fetched | None:
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range") or "")
        if match is None or match[3] != str(offset) or self._expected not in (None, offset):
            return None
        return Fetched(offset, offset)

    def _receive(self, answer: Answer, start: int) -> Fetched:
        self._check_kind(answer)
        total = None if answer.length is None else start + answer.length
        if self._expected is not None and total not in (None, self._expected):
            self._partial.forget()
            raise self._wrong(
                msg("{received:,} bytes instead of {expected:,}", received=total, expected=self._expected)
            )
        version = _version(answer.headers)
        with self._partial.at(start) if start else self._partial.anew() as file:
            try:
                if total is None or total >= NOTE_EARLY_BYTES:
                    self._partial.note(version)
                size = self._copy(answer, file, start)
            except BaseException:
                self._partial.note(version)
                raise
        if self._expected not in (None, size):
            self._partial.forget()
            raise self._wrong(msg("{received:,} bytes instead of {expected:,}", received=size, expected=self._expected))
        return Fetched(size, start)

    def _copy(self, answer: Answer, file: BinaryIO, done: int) -> int:
        while piece := answer.read_some(self._limit.chunk):
            check(self._should_stop)
            _write(file, piece)
            done += len(piece)
            self._on_progress(done)
            self._limit.pace(len(piece), self._should_stop)
        return done

    def _check_kind(self, answer: Answer) -> None:
        if looks_like_page(answer.headers.get("Content-Type") or "", b""):
            raise self._wrong(msg("a web page (perhaps from a login portal or firewall)"))
        if (answer.headers.get("Content-Encoding") or "identity").lower() != "identity":
            raise self._wrong(msg("compressed data"))

    def _wrong(self, what: str) -> Malformed:
        return Malformed(
            msg("Received {what} instead of {name}.", name=self._partial.path.name.removesuffix(".part"), what=what),
            "The file was discarded.",
            "Try again. If the error persists, check the file on the service.",
        )


def _start(answer: Answer) -> int:
    """Where in the file the body starts; -1 when the answer contradicts itself."""
    if answer.status == 200:
        return 0
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range") or "")
    return int(match[1]) if match and match[1] else -1


def _version(headers: Headers) -> str:
    """What If-Range may name: a strong ETag, else the date; "" when the server gives neither."""
    etag = (headers.get("ETag") or "").strip()
    if etag.startswith('"'):
        return etag
    return (headers.get("Last-Modified") or "").strip()


def _write(file: BinaryIO, piece: memoryview | bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[file.write(view) :]
