"""A connected socket, plain or with TLS, that waits in slices and between them asks whether to stop."""

from __future__ import annotations

import io
import select
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, cast

from ..errors import Stopped
from ..message import msg

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

ShouldStop = Callable[[], bool]
SLICE_SECONDS = 0.25
"""How long any wait lasts before `should_stop` is asked again."""
READER_BYTES = 16 * 1024
RECORDS_BYTES = 1024 * 1024
SENT_BYTES = 256 * 1024
LEAST_BYTES = 1024
"""What must move within the time limit for silence."""
P = ParamSpec("P")


def never() -> bool:
    """The should_stop of a transfer that nobody stops."""
    return False


def check(should_stop: ShouldStop) -> None:
    """Raise Stopped if asked to."""
    if should_stop():
        raise Stopped("The transfer was stopped.")


class AnsweredEarly(Exception):
    """The server answers before it has the whole body: it refuses."""


class PatientSocket:
    """A connected socket that waits in slices, and between them asks whether to stop.

    It has what http.client uses of a socket.  Like a real one it stays open until the readers made of it are closed.
    """

    def __init__(self, sock: socket.socket, silence_seconds: float) -> None:
        self._is_timed_by_system = _let_the_system_time(sock)
        self._should_stop: ShouldStop = never
        self._sock = sock
        self._waited = 0.0
        self._moved = 0
        self._silence_seconds = silence_seconds
        self._readers = 0
        self._closed = False

    def begin(self, should_stop: ShouldStop) -> None:
        """From now on the connection serves another transfer."""
        self._should_stop = should_stop
        self._waited, self._moved = 0.0, 0

    def recv_into(self, buffer: WriteableBuffer) -> int:
        return self._patiently(self._receive, buffer, 0)

    def fill(self, view: memoryview) -> int:
        """Read into view until it is full, a moment has passed, or the other side has no more to say."""
        if self._is_timed_by_system:
            return self._patiently(self._receive, view, socket.MSG_WAITALL)
        have = first = self.recv_into(view)
        enough = time.monotonic() + SLICE_SECONDS
        try:
            while 0 < have < len(view) and time.monotonic() < enough:
                count = self._sock.recv_into(view[have:])
                if not count:
                    break
                have += count
        except OSError:
            pass  # what came before is good; if it was more than a pause, the next read says so
        self._account(have - first, 0.0)
        return have

    def sendall(self, data: ReadableBuffer) -> None:
        view = memoryview(data).cast("B")
        sent = 0
        while sent < len(view):
            sent += self._patiently(self._send_some, view[sent:])

    def check_for_answer(self) -> None:
        """Raise AnsweredEarly if there is something to read."""
        if _can_read(self._sock):
            raise AnsweredEarly

    def makefile(self, mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self), READER_BYTES)

    def close(self) -> None:
        self._closed = True
        self._close_unless_read()

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_unless_read()

    def looks_dead(self) -> bool:
        """Whether an idle connection was closed by the other side, or holds bytes that nobody asked for."""
        return _can_read(self._sock)

    def _close_unless_read(self) -> None:
        if self._closed and not self._readers:
            self._sock.close()

    def _patiently(self, attempt: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
        started = time.monotonic()
        while True:
            try:
                moved = attempt(*args, **kwargs)
                break
            except TimeoutError as error:
                check(self._should_stop)
                if error.errno is not None or time.monotonic() - started >= self._silence_seconds:
                    raise
        self._account(moved, time.monotonic() - started)
        return moved

    def _account(self, moved: int, waited: float) -> None:
        """A drip is as good as silence: it would keep a transfer for days."""
        self._moved += moved
        self._waited += waited
        if self._moved >= LEAST_BYTES:
            self._waited, self._moved = 0.0, 0
        elif self._waited >= self._silence_seconds:
            raise TimeoutError(
                msg("only {received} bytes arrived in {seconds:.0f} s", received=self._moved, seconds=self._waited)
            )

    def _receive(self, buffer: WriteableBuffer, flags: int) -> int:
        if not self._is_timed_by_system:
            return self._sock.recv_into(buffer)
        try:
            return self._sock.recv_into(buffer, 0, flags)
        except BlockingIOError:
            raise TimeoutError("timed out") from None

    def _send_some(self, view: memoryview) -> int:
        try:
            return self._sock.send(view)
        except (TimeoutError, BlockingIOError) as error:
            self.check_for_answer()
            raise TimeoutError("timed out") from error


class _Reader(io.RawIOBase):
    """The reading end of a PatientSocket."""

    def __init__(self, sock: PatientSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._sock.reader_closed()


@dataclass(frozen=True, slots=True)
class Tls:
    """What TLS keeps of a connection, and the records that go in and come out of it."""

    session: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO


def shake_hands(sock: socket.socket, context: ssl.SSLContext, host: str) -> Tls:
    """Begin TLS on a socket, which has its own time limit.  Raises OSError, of which ssl.SSLError is one."""
    tls = _begin(context, host)
    while True:
        try:
            tls.session.do_handshake()
            return tls
        except ssl.SSLWantReadError:
            pass
        finally:  # a refusal too is told to the other side
            with suppress(OSError):
                sock.sendall(tls.outgoing.read())
        _put(tls.incoming, sock.recv(READER_BYTES))


class SecureSocket(PatientSocket):
    """The same through TLS.

    Python's own TLS socket asks the system twice for each record of 16 KiB, and a third time whether it may; here many
    records are taken at once.

    turn: shared by the sockets of one pool.  Python's own lock would change hands after each record that is decrypted;
    whoever waits for this one leaves that in peace until all that came is decrypted.
    """

    def __init__(self, sock: socket.socket, tls: Tls, silence_seconds: float, turn: threading.Lock) -> None:
        super().__init__(sock, silence_seconds)
        self._tls = tls
        self._turn = turn
        self._records = memoryview(bytearray(RECORDS_BYTES))

    def recv_into(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while (count := self._decrypt(view)) is None:
            self._flush()
            _put(self._tls.incoming, self._records[: super().recv_into(self._records)])
        return count

    def fill(self, view: memoryview) -> int:
        """Read into view until it is full, a moment has passed, or the other side has no more to say."""
        have = self.recv_into(view)
        started, arrived, is_over = time.monotonic(), 0, not have
        with suppress(OSError):  # what came before is good; if it was more than a pause, the next read says so
            while have < len(view) and not is_over:
                count, is_over = self._decrypt_all(view[have:])
                have += count
                if have == len(view) or is_over or time.monotonic() - started > SLICE_SECONDS:
                    break
                more = self._receive(self._records[: max(len(view), READER_BYTES)], 0)
                _put(self._tls.incoming, self._records[:more])
                arrived += more
        self._account(arrived, time.monotonic() - started)
        return have

    def _decrypt_all(self, view: memoryview) -> tuple[int, bool]:
        """Everything that has come and fits: bytes read, and whether the other side has no more to say."""
        read, have = self._tls.session.read, 0
        with self._turn:
            try:
                while have < len(view):
                    count = cast(int, read(len(view) - have, view[have:]))
                    if not count:
                        return have, True
                    have += count
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLEOFError:
                return have, True
        return have, False

    def sendall(self, data: ReadableBuffer) -> None:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), SENT_BYTES):
            self._tls.session.write(view[start : start + SENT_BYTES])
            self._flush()

    def check_for_answer(self) -> None:
        """What there is to read under TLS may be anything, so it tells nothing."""

    def looks_dead(self) -> bool:
        return bool(self._tls.session.pending() or self._tls.incoming.pending) or super().looks_dead()

    def _decrypt(self, view: memoryview) -> int | None:
        """Bytes read; 0 at the end; None when the next record has to come first."""
        try:
            return cast(int, self._tls.session.read(len(view), view))  # a number, as there is a buffer
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLEOFError:  # many servers end without a word; the length of the answer says whether all came
            return 0

    def _flush(self) -> None:
        if self._tls.outgoing.pending:
            super().sendall(self._tls.outgoing.read())


def _begin(context: ssl.SSLContext, host: str) -> Tls:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    return Tls(context.wrap_bio(incoming, outgoing, server_hostname=host), incoming, outgoing)


def _put(incoming: ssl.MemoryBIO, records: ReadableBuffer) -> None:
    """Pass records on; none mean that the other side has closed."""
    if len(memoryview(records)):
        incoming.write(records)
    else:
        incoming.write_eof()


def _let_the_system_time(sock: socket.socket) -> bool:
    """Make each wait end after a slice; says whether the system sees to it, which saves a call before each read.

    Not on Windows, where a socket is of no use after a wait that the system ended (Microsoft, SO_RCVTIMEO).
    """
    if sys.platform == "win32":
        sock.settimeout(SLICE_SECONDS)
        return False
    sock.settimeout(None)
    slice_of_time = struct.pack("ll", 0, int(SLICE_SECONDS * 1e6))
    for which in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, which, slice_of_time)
    return True


def _can_read(sock: socket.socket) -> bool:
    """Whether bytes or the end of the connection are there to be read now."""
    if hasattr(select, "poll"):  # select() itself fails above 1,024 open files
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
