"""One HTTP request for a file and its answer, over kept connections.  Sends no key: links to files carry their own."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from ..error_messages import Headers, host_and_port, unreachable
from ..errors import Malformed, Unreachable
from ..message import msg
from ..network import NetworkSettings
from .connections import BUFFER_BYTES, CACHED_BYTES, Connection, Connections
from .socket import READER_BYTES, AnsweredEarly, PatientSocket, ShouldStop, check

SendBody = Callable[[PatientSocket], None]
MAX_REDIRECTS = 5
MAX_ERROR_BODY = 65536
LARGE_BYTES = 16 * 1024 * 1024
"""Files from this size on rarely move eight at a time."""
_COMMON = {"User-Agent": "farmhand", "Accept": "*/*"}
_REDIRECTS = {"GET": (301, 302, 303, 307, 308), "PUT": (307, 308)}


class Answer:
    """The answer to a request; its body is read piece by piece."""

    def __init__(self, connections: Connections, connection: Connection, url: str, *, may_keep: bool) -> None:
        self._response = connection.response()
        self.url = url
        self.status = self._response.status
        self.headers: Headers = self._response.headers
        self.length = self._response.length
        self._left = self.length
        self._piece = BUFFER_BYTES if (self.length or LARGE_BYTES) < LARGE_BYTES else CACHED_BYTES
        self._is_begun = False
        self._connections = connections
        self._connection = connection
        self._may_keep = may_keep
        self._is_whole = self._left == 0

    def read_some(self, most: int) -> memoryview | bytes:
        """The next bytes, good until the next call; none at the end.

        Raises Unreachable when the body is cut short, Stopped.
        """
        most = most if self._left is None else min(most, self._left)
        try:
            piece = self._read(most) if most else b""
        except (OSError, http.client.HTTPException) as error:
            raise unreachable(error, self.url) from error
        if self._left is not None:
            self._left -= len(piece)
        if not piece and self._left:
            raise unreachable(EOFError(msg("{missing:,} bytes are missing at the end", missing=self._left)), self.url)
        self._is_whole = not piece or self._left == 0
        return piece

    def _read(self, most: int) -> memoryview | bytes:
        if self._left is None or not self._is_begun:
            self._is_begun = True
            return self._response.read1(READER_BYTES)  # all that the response has read ahead, which must come first
        view = self._connection.buffer[: min(most, self._piece)]
        return view[: self._connection.socket.fill(view)]

    def read_words(self) -> bytes:
        """The beginning of an error's body, as far as it came."""
        words = b""
        try:
            while len(words) < MAX_ERROR_BODY and (piece := self.read_some(MAX_ERROR_BODY)):
                words += piece
        except Unreachable:
            pass
        return words

    def close(self) -> None:
        """Done with it.  The connection is kept if the answer was read to its end."""
        self._response.close()
        if self._may_keep and self._is_whole and not self._response.will_close:
            self._connections.give_back(self._connection)
        else:
            self._connection.close()


@contextmanager
def exchange(
    network: NetworkSettings,
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    should_stop: ShouldStop,
    send_body: SendBody | None = None,
) -> Iterator[Answer]:
    """Send a request, follow redirects, and lend the answer, whatever its status.

    Raises Unreachable, Malformed (a link that is none, redirects without end), Stopped.
    """
    address = _checked(url)
    for _ in range(MAX_REDIRECTS + 1):
        answer = _ask(network, method, address, {**_COMMON, **headers}, should_stop, send_body)
        try:
            target = _redirect(answer, method)
        except Malformed:
            answer.close()
            raise
        if target is None:
            break
        answer.close()
        address = target
    else:
        raise Malformed(
            msg("{host} redirects in a loop.", host=host_and_port(url)),
            "The file was not transferred.",
            "Try again later.",
        )
    try:
        yield answer
    finally:
        answer.close()


def _ask(
    network: NetworkSettings,
    method: str,
    url: str,
    headers: Mapping[str, str],
    should_stop: ShouldStop,
    send_body: SendBody | None,
) -> Answer:
    check(should_stop)
    connections = network.connections
    try:
        connection = connections.take(url, should_stop, fresh=send_body is not None)
        try:
            return _attempt(connections, connection, method, url, headers, send_body)
        except (ConnectionError, ssl.SSLError):
            if not connection.is_used:
                raise
        # A server closes idle connections when it likes: that one had gone says nothing about the server.
        connection = connections.take(url, should_stop, fresh=True)
        return _attempt(connections, connection, method, url, headers, send_body)
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(error, url) from error


def _attempt(
    connections: Connections,
    connection: Connection,
    method: str,
    url: str,
    headers: Mapping[str, str],
    send_body: SendBody | None,
) -> Answer:
    try:
        connection.request(method, url, headers)
        sent_all = send_body is None or _send(connection, send_body)
        return Answer(connections, connection, url, may_keep=sent_all)
    except BaseException:
        connection.close()
        raise


def _send(connection: Connection, send_body: SendBody) -> bool:
    """Send the body; whether all of it went.  A server that refuses may stop reading: then its answer says why."""
    try:
        send_body(connection.socket)
    except TimeoutError:
        raise
    except (OSError, AnsweredEarly):
        return False
    return True


def _redirect(answer: Answer, method: str) -> str | None:
    """Where the answer sends us, if we follow.  Never from https to http."""
    location = answer.headers.get("Location")
    if answer.status not in _REDIRECTS[method] or not location:
        return None
    target = _checked(location, answer.url)
    if answer.url.startswith("https:") and not target.startswith("https:"):
        return None
    return target


def _checked(url: str, base: str = "") -> str:
    """The address in the form that is sent: nothing of it changed but what HTTP forbids.  base: where it was found."""
    try:
        parts = urlsplit(urljoin(base, url))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        address = parts._replace(fragment="", netloc=_ascii_place(parts)).geturl()
    except ValueError:
        usable = False
    if not usable:
        raise Malformed(
            "The service sent a link that is not a valid web address.",
            "The file cannot be transferred.",
            "Request a new link and try again. If the error persists, report it to the service.",
        )
    return quote(address, safe="!#$%&'()*+,/:;=?@[]~")


def _ascii_place(parts: SplitResult) -> str:
    """Host and port; a host of other letters by the name that the network knows it by."""
    host = parts.hostname or ""
    if host.isascii():
        return parts.netloc
    return idna.encode(host, uts46=True).decode() + (f":{parts.port}" if parts.port else "")
