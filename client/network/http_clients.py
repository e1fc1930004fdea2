"""httpx clients for API calls. Each has one connection and one call at a time, so aborting it affects no other."""

from __future__ import annotations

import socket
import threading
import zlib
from http.cookiejar import CookieJar
from typing import Any

import httpx

from ..cancellation import shut_down
from ..error_messages import malformed_response
from ..message import msg
from ..redaction import shown
from .network import NetworkSettings, Proxy

MAX_ERROR_BYTES = 64 * 1024
_UNPACKS_GZIP = 32 + zlib.MAX_WBITS


class NoCookies(CookieJar):
    """Takes none: the API has no use for cookies, and a service could set any number of them."""

    def extract_cookies(self, *_: object) -> None:
        pass


class HttpClient:
    """An httpx client whose connection another thread can shut down.

    peer: the IP address of the other end; "" before the first call, and behind a proxy.
    """

    def __init__(self, **options: Any) -> None:
        self.http = httpx.Client(cookies=NoCookies(), **options)
        self.peer = ""
        self._is_direct = options.get("proxy") is None
        self._handle: socket.socket | None = None

    def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        return self.http.build_request(method, url, extensions={"trace": self._note}, **options)

    def abort(self) -> None:
        """Abort the current call, whatever it waits for; the client cannot be used afterwards."""
        if self._handle is not None:
            shut_down(self._handle)
        self.close()

    def close(self) -> None:
        self.http.close()
        if self._handle is not None:
            self._handle.close()

    def _note(self, event: str, about: dict[str, Any]) -> None:
        """httpcore's trace hook: duplicates the socket; the copy stays valid during the TLS handshake."""
        if event.endswith("connect_tcp.complete"):
            if self._handle is not None:
                self._handle.close()
            self._handle = about["return_value"].get_extra_info("socket").dup()
            self.peer = self._handle.getpeername()[0] if self._is_direct else ""


class HttpClients:
    """Clients for one service. Safe to share between threads."""

    def __init__(self, network: NetworkSettings, base_url: str, key: str) -> None:
        proxy = network.proxy_for(base_url)
        tls = network.new_tls() if base_url.startswith("https:") else False
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "farmhand"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._options: dict[str, Any] = {
            "headers": headers,
            "verify": tls,
            "proxy": _httpx_proxy(proxy, network) if proxy else None,
            "timeout": httpx.Timeout(network.silence_seconds, connect=network.connect_seconds),
            "trust_env": False,
        }
        self._guard = threading.Lock()
        self._idle: list[HttpClient] | None = []

    def take(self) -> HttpClient:
        """A client for this caller alone."""
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return HttpClient(**self._options)

    def give_back(self, client: HttpClient) -> None:
        """Keep it for the next call, unless it, or all clients, were closed meanwhile."""
        with self._guard:
            if self._idle is not None and not client.http.is_closed:
                self._idle.append(client)
                return
        client.close()

    def close(self) -> None:
        """Close the idle clients; a running call keeps its own."""
        with self._guard:
            idle, self._idle = self._idle or [], None
        for client in idle:
            client.close()


def _httpx_proxy(proxy: Proxy, network: NetworkSettings) -> httpx.Proxy:
    return httpx.Proxy(
        proxy.url,
        auth=(proxy.user, proxy.password) if proxy.user else None,
        ssl_context=network.new_tls() if proxy.scheme == "https" else None,
    )


def read_body(response: httpx.Response, doing: str, most: int) -> bytearray:
    """Read and unpack the body of a response.

    Args:
        response: opened for streaming.
        doing: what was asked for, as a verb phrase, for the message.
        most: size limit of the body in bytes, as it is sent and unpacked.

    Returns:
        The body; for an error status, only its beginning.

    Raises:
        Malformed: it is too large, damaged, or compressed in an unsupported way.
    """
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip", "deflate"):
        raise malformed_response(msg("it uses the unsupported compression {encoding}", encoding=shown(encoding)), doing)
    unpacker = None if encoding == "identity" else zlib.decompressobj(_UNPACKS_GZIP)
    most = most if response.is_success else MAX_ERROR_BYTES
    content, received = bytearray(), 0
    for piece in response.iter_raw():
        if unpacker and unpacker.eof:
            break  # what follows the packed body is not part of it, and may be endless
        received += len(piece)
        try:
            content += unpacker.decompress(piece, most + 1 - len(content)) if unpacker else piece
        except zlib.error as error:
            raise malformed_response(msg("it is damaged"), doing) from error
        if max(received, len(content)) > most:
            if response.is_success:
                raise malformed_response(msg("it is too large"), doing)
            break
    return content
