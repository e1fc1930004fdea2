"""How this computer reaches the network: proxies, trusted certificates, time limits. The same for calls and files."""

from __future__ import annotations

import base64
import ssl
import sys
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import truststore

from ..errors import LocalProblem, Unreachable
from ..message import msg
from .loopback import is_loopback

_PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""Schemes of proxies, and their default ports."""


@dataclass(frozen=True)
class Proxy:
    """A proxy. scheme: http, https (the connection to it is encrypted), socks5, or socks5h (it looks up names)."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Its address without the password."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which we log in to an HTTP proxy."""
        if not self.user:
            return {}
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {token}"}


@dataclass(frozen=True)
class NetworkSettings:
    """Network settings of calls and transfers.

    ca_file: additional CA certificates, trusted besides the system's; "" for none. Time limits:
    connect_seconds for a new connection, silence_seconds without a byte moving, call_seconds for a whole API call.
    """

    ca_file: str = ""
    connect_seconds: float = 15.0
    silence_seconds: float = 60.0
    call_seconds: float = 120.0

    def new_tls(self) -> ssl.SSLContext:
        """Trust what the operating system trusts, and `ca_file`. Raises LocalProblem when that cannot be read."""
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file:
            try:
                context.load_verify_locations(cafile=self.ca_file)
            except OSError as error:
                raise LocalProblem(
                    msg(
                        "The certificate file {path} cannot be used ({reason}).",
                        path=self.ca_file,
                        reason=error.strerror or error,
                    ),
                    "Farmhand cannot connect to the server without it.",
                    "Choose a PEM file in the preferences, or clear the setting.",
                ) from error
        if sys.platform in ("win32", "darwin"):
            return context
        # Elsewhere the system's certificates are files, which truststore 0.10.4 reads again for each connection: 25 ms
        # that block the other connections. One use loads them into the inner context, which is returned.
        return context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="none").context

    def proxy_for(self, url: str) -> Proxy | None:
        """The proxy that the system's settings (or the environment) name for this address, if any."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host):
            return None
        known = urllib.request.getproxies()
        address = known.get(parts.scheme) or known.get("all")
        if not address or urllib.request.proxy_bypass(host):
            return None
        return _parse_proxy(address)


def _parse_proxy(address: str) -> Proxy:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        port = parts.port or _PROXY_PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PROXY_PORTS or not parts.hostname or not port:
        raise Unreachable(
            msg(
                "The system's proxy {scheme}://{host} is of a type that Farmhand does not support.",
                scheme=parts.scheme,
                host=parts.hostname or "?",
            ),
            "The server cannot be reached.",
            "Use a proxy whose address starts with http://, https://, socks5:// or socks5h://.",
        )
    return Proxy(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
