"""One PUT to a signed link, of a file or of bytes made while they are sent. Sends their exact length, and no key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Protocol

from urllib3.util import SKIP_HEADER

from ..cancellation import NEVER, CancelToken
from ..error_messages import link_refused
from ..error_words import looks_like_page
from ..errors import LocalProblem, Malformed, TooLarge
from ..message import msg
from .connections import ConnectionPool, Transfer
from .exchange import exchange

MAX_BYTES = 5 * 1024**3
"""The service accepts files below this size."""
READ_BYTES = 256 * 1024
SENT_BYTES = 64 * 1024
"""This much must be sent within the time limit for silence."""

OnProgress = Callable[[int], None]


class Streamed(Protocol):
    """What can be sent. size: exact. chunks: each call starts over; a chunk may be valid only until the next."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def chunks(self) -> Iterator[bytes | memoryview]: ...


def put_file(
    target_url: str,
    path: str | os.PathLike[str],
    *,
    pool: ConnectionPool,
    on_progress: OnProgress = lambda _: None,
    cancel: CancelToken = NEVER,
    given_by: str = "",
) -> None:
    """Send a file as the one PUT that the link allows.

    Args:
        target_url: the link.
        path: the file.
        pool: where connections come from.
        on_progress: called with the number of bytes sent.
        cancel: ends it from another thread.
        given_by: the address of the service that gave the link, if its links are untrusted.

    Raises:
        TooLarge: before the first byte.
        Unauthorized: the link has expired or is forged; ask for a new one.
        LocalProblem, Stopped, Unreachable, Refused: the file, a cancel, the network, or storage prevented it.
    """
    file_name = Path(path).name
    try:
        with Path(path).open("rb", buffering=0) as file:
            source = _File(file_name, file)
            put_stream(target_url, source, pool=pool, on_progress=on_progress, cancel=cancel, given_by=given_by)
    except OSError as error:
        raise _unreadable(file_name, error) from error


def put_stream(
    target_url: str,
    source: Streamed,
    *,
    pool: ConnectionPool,
    on_progress: OnProgress = lambda _: None,
    cancel: CancelToken = NEVER,
    given_by: str = "",
) -> None:
    """Send bytes as they are made, as the one PUT that the link allows.

    Args:
        target_url: the link.
        source: the bytes and their number.
        pool, on_progress, cancel, given_by: as for `put_file`.

    Raises:
        LocalProblem: also one that `source.chunks` raises; the others as for `put_file`.
    """
    check_size(source.name, source.size)
    headers = {"Content-Length": str(source.size), "Accept-Encoding": SKIP_HEADER}
    body = _Body(source, on_progress)
    with exchange(pool, "PUT", target_url, headers, cancel=cancel, body=body.send, given_by=given_by) as response:
        words = response.read_words()
        if not 200 <= response.status < 300:
            raise link_refused(response.status, response.headers, words, link=msg("upload"), url=response.url)
        if looks_like_page("", words):  # the body only: some storage labels its empty answer as HTML
            raise Malformed(
                "Received a web page instead of a response from storage.",
                "The upload did not arrive. A login portal or firewall may be blocking it.",
                "Log in to the network and try again.",
            )
        if not body.is_sent:
            raise Malformed(
                "Storage reported a complete upload before receiving all data.",
                "The uploaded file is incomplete.",
                "Request a new link and try again.",
            )


def check_size(file_name: str, size: int) -> None:
    """Raise TooLarge for a file that the service would refuse."""
    if size >= MAX_BYTES:
        raise TooLarge(
            msg(
                "{name} is {size:.2f} GiB; the server accepts less than {limit} GiB.",
                name=file_name,
                size=size / 1024**3,
                limit=MAX_BYTES // 1024**3,
            ),
            "Nothing was sent.",
            "Use smaller textures, bake caches only for the rendered frames, remove unused data, or split the scene.",
        )


class _File:
    """A file on disk, read piece by piece into one buffer."""

    def __init__(self, name: str, file: FileIO) -> None:
        self.name = name
        self._file = file
        self._status = os.fstat(file.fileno())
        self.size = self._status.st_size

    def chunks(self) -> Iterator[memoryview]:
        buffer, left = memoryview(bytearray(READ_BYTES)), self.size
        try:
            self._file.seek(0)
            while left and (count := self._file.readinto(buffer[:left])):
                left -= count
                if not left and os.fstat(self._file.fileno()).st_mtime_ns != self._status.st_mtime_ns:
                    raise _changed(self.name)
                yield buffer[:count]
        except OSError as error:  # must not look like a broken connection
            raise _unreadable(self.name, error) from error


class _Body:
    """A source while it is sent; after a redirect it is sent again from the start."""

    def __init__(self, source: Streamed, on_progress: OnProgress) -> None:
        self.is_sent = False
        self._source = source
        self._on_progress = on_progress

    def send(self, transfer: Transfer) -> Iterator[memoryview]:
        """What to send; ends early if the server answers before it has everything, because then it refuses."""
        done = 0
        for chunk in self._source.chunks():
            if done + len(chunk) > self._source.size:
                raise _changed(self._source.name)
            for start in range(0, len(chunk), SENT_BYTES):
                transfer.raise_if_broken_off()
                if transfer.connection and transfer.connection.is_answered:
                    return
                transfer.waits(True)
                yield memoryview(chunk)[start : start + SENT_BYTES]
                transfer.waits(False)
            done += len(chunk)
            self._on_progress(done)
        if done != self._source.size:
            raise _changed(self._source.name)
        transfer.waits(True)
        self.is_sent = True


def _changed(name: str) -> LocalProblem:
    return LocalProblem(
        msg("{name} changed while it was being uploaded.", name=name),
        "The upload was stopped. Nothing was rendered.",
        "Submit the scene again, and check for programs that modify its files during the upload.",
    )


def _unreadable(name: str, error: OSError) -> LocalProblem:
    return LocalProblem(
        msg("The package {name} cannot be read ({reason}).", name=name, reason=error.strerror),
        "Nothing was uploaded or rendered.",
        "Submit the scene again to repack it.",
    )
