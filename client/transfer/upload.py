"""One PUT to a signed link, of a file or of bytes made on the way.  Only the bytes and their exact length: no key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

from ..error_messages import link_refused, looks_like_page
from ..errors import LocalProblem, Malformed, TooLarge
from ..message import msg
from ..network import NetworkSettings
from .connections import CACHED_BYTES
from .exchange import exchange
from .socket import PatientSocket, ShouldStop, check, never

MAX_BYTES = 5 * 1024**3
"""The service takes files below this size."""

OnProgress = Callable[[int], None]


class Streamed(Protocol):
    """What can be sent.  size: exact.  chunks: from the start at each call; one may be good until the next only."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def chunks(self) -> Iterator[bytes | memoryview]: ...


def put_file(
    target_url: str,
    path: str | os.PathLike[str],
    *,
    network: NetworkSettings,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = never,
) -> None:
    """Send the file as the one PUT that the link is good for.  on_progress gets the bytes that have left.

    Raises TooLarge before the first byte, LocalProblem, Stopped, Unreachable, Unauthorized (the link has expired or is
    forged: ask for a new one) and the other kinds of Refused.
    """
    file_name = Path(path).name
    try:
        with Path(path).open("rb", buffering=0) as file:
            source = _File(file_name, os.fstat(file.fileno()), file)
            put_stream(target_url, source, network=network, on_progress=on_progress, should_stop=should_stop)
    except OSError as error:
        raise _unreadable(file_name, error) from error


def put_stream(
    target_url: str,
    source: Streamed,
    *,
    network: NetworkSettings,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = never,
) -> None:
    """Send bytes as they are made; otherwise like `put_file`.  LocalProblem that `chunks` raises comes through."""
    check_size(source.name, source.size)
    _put(target_url, _Body(source, on_progress, should_stop), network)


def check_size(file_name: str, size: int) -> None:
    """Raise TooLarge for a file that the service would refuse."""
    if size >= MAX_BYTES:
        raise TooLarge(
            msg(
                "{name} is {size:.2f} GiB; the service accepts less than {limit} GiB.",
                name=file_name,
                size=size / 1024**3,
                limit=MAX_BYTES // 1024**3,
            ),
            "Nothing was sent.",
            "Use smaller textures, bake caches only for the rendered frames, remove unused data, or split the scene.",
        )


@dataclass(frozen=True)
class _File:
    """A file on disk, read piece by piece into one buffer."""

    name: str
    status: os.stat_result
    file: FileIO

    @property
    def size(self) -> int:
        return self.status.st_size

    def chunks(self) -> Iterator[memoryview]:
        buffer = memoryview(bytearray(CACHED_BYTES))
        done = 0
        while done < self.size and (count := self._read(done, buffer[: self.size - done])):
            done += count
            if done == self.size and os.fstat(self.file.fileno()).st_mtime_ns != self.status.st_mtime_ns:
                raise _changed(self.name)
            yield buffer[:count]

    def _read(self, offset: int, buffer: memoryview) -> int:
        try:
            self.file.seek(offset)
            return self.file.readinto(buffer)
        except OSError as error:  # must not look like a broken connection
            raise _unreadable(self.name, error) from error


class _Body:
    """A source as it goes onto a connection; is sent again from its start after a redirect."""

    def __init__(self, source: Streamed, on_progress: OnProgress, should_stop: ShouldStop) -> None:
        self.size = source.size
        self.should_stop = should_stop
        self.is_sent = False
        self._source = source
        self._on_progress = on_progress

    def send(self, sock: PatientSocket) -> None:
        done = 0
        for chunk in self._source.chunks():
            check(self.should_stop)
            sock.check_for_answer()
            if done + len(chunk) > self.size:
                raise _changed(self._source.name)
            sock.sendall(chunk)
            done += len(chunk)
            self._on_progress(done)
        if done != self.size:
            raise _changed(self._source.name)
        self.is_sent = True


def _put(url: str, body: _Body, network: NetworkSettings) -> None:
    headers = {"Content-Length": str(body.size)}
    with exchange(network, "PUT", url, headers, should_stop=body.should_stop, send_body=body.send) as answer:
        words = answer.read_words()
        if not 200 <= answer.status < 300:
            raise link_refused(answer.status, answer.headers, words, link=msg("upload"), url=url)
        if looks_like_page("", words):  # the words alone: some storages call their empty answer HTML
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
