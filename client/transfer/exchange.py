"""One HTTP request for a file and its response. Sends no key: links to files carry their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, ProtocolError

from ..cancellation import CancelToken
from ..error_messages import Headers, host_and_port, unreachable
from ..errors import Malformed
from ..message import msg
from ..network import link_targets
from .connections import ConnectionPool, Transfer
from .piece_size import PieceSize

Body = Callable[[Transfer], Iterator[memoryview]]
MAX_REDIRECTS = 5
MAX_ERROR_BODY = 65536
_COMMON = {"User-Agent": "farmhand", "Accept": "*/*"}
_REDIRECTS = {"GET": (301, 302, 303, 307, 308), "PUT": (307, 308)}


class Response:
    """The response to a request; its body is read piece by piece.

    url: where it came from, in its normal form. length: of the body, if announced.
    """

    def __init__(self, response: BaseHTTPResponse, transfer: Transfer, url: str) -> None:
        self.url = url
        self.status = response.status
        self.headers: Headers = response.headers
        self.length = response.length_remaining
        self.close = response.close  # the connection is kept if the body was read to its end
        self._response = response
        self._transfer = transfer
        self._piece_size = transfer.connection.piece_size if transfer.connection else PieceSize()

    def read_some(self, most: int) -> bytes:
        """The next bytes; none at the end. Raises HTTPError when the body is cut short, Stopped."""
        transfer, size = self._transfer, self._piece_size
        transfer.waits(True)
        begun = transfer.touched_at
        piece = self._response.read(min(most, size.bytes))
        if not piece:
            transfer.raise_if_broken_off()  # an end caused by our own abort must not look like the server's
        transfer.waits(False)
        size.arrived(len(piece), transfer.touched_at - begun)
        return piece

    def read_words(self) -> bytes:
        """The beginning of an error's body, as far as it arrived."""
        words = b""
        with suppress(HTTPError):
            while len(words) < MAX_ERROR_BODY and (piece := self.read_some(MAX_ERROR_BODY)):
                words += piece
        return words


@contextmanager
def exchange(
    pool: ConnectionPool,
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    cancel: CancelToken,
    body: Body | None = None,
    given_by: str = "",
) -> Iterator[Response]:
    """Send a request, follow redirects, and yield the response, whatever its status.

    Args:
        pool: where connections come from and return to.
        method, url, headers, body: of the request.
        cancel: ends it from another thread.
        given_by: the address of the service that gave the link, if its links are untrusted.

    Raises:
        Unreachable, Stopped: there was no answer; it was canceled.
        Malformed: the link is not a web address, leads where it may not, or redirects in a loop.
    """
    address = link_targets.address(url, given_by)
    host = host_and_port(address)
    with Transfer(pool, cancel, needs_fresh=body is not None, given_by=given_by) as transfer:
        try:
            for _ in range(MAX_REDIRECTS + 1):
                response = _send(pool, transfer, method, address, {**_COMMON, **headers}, body)
                try:
                    target = _redirect(response, method)
                    if target is None:
                        yield response
                        return
                    response.read_words()
                finally:
                    response.close()
                address, transfer.given_by = target, transfer.origin_of(response.url)
        except HTTPError as error:
            cancel.raise_if_canceled()
            raise unreachable(TimeoutError() if transfer.is_silent else error, address) from error
    raise Malformed(
        msg("{host} redirects in a loop.", host=host),
        "The file was not transferred.",
        "Try again later.",
    )


def _send(
    pool: ConnectionPool, transfer: Transfer, method: str, url: str, headers: Mapping[str, str], body: Body | None
) -> Response:
    try:
        response = pool.send(method, url, headers, body and body(transfer))
    except ProtocolError:
        transfer.raise_if_broken_off()
        if body is not None:
            raise
        # Servers may close idle connections at any time: a closed one is no sign of a problem.
        response = pool.send(method, url, headers, None)
    transfer.waits(False)
    return Response(response, transfer, url)


def _redirect(response: Response, method: str) -> str | None:
    """Where the response redirects to, or None. Never from https to http."""
    location = response.headers.get("Location")
    if response.status not in _REDIRECTS[method] or not location:
        return None
    with suppress(ValueError):
        location = urljoin(response.url, location)
    target = link_targets.address(location, given_by=response.url)
    return None if response.url.startswith("https:") and not target.startswith("https:") else target
