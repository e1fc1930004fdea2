"""How people name a server, and the base URL that it means. Standard library only."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..client.errors import LocalProblem
from ..client.message import msg
from ..client.network import loopback
from .journal.submission import LOCAL

API_PATH = "/api/external/v1"
RENDERJUICE = f"https://api.renderjuice.com{API_PATH}"


def base_url(text: str) -> str:
    """LOCAL, or the base URL of a server; the API's path may be left out. Raises LocalProblem."""
    named = text.strip().lower()
    if named in ("", LOCAL):
        return LOCAL
    return RENDERJUICE if named.rstrip("/") == "renderjuice" else complete(text)


def complete(text: str) -> str:
    """The base URL of an address as people type it: scheme and API path are added. Raises LocalProblem."""
    url = text = text.strip()
    if "://" not in url:
        url = f"{'http' if loopback.is_loopback(host_of(f'//{url}')) else 'https'}://{url}"
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise LocalProblem(
            msg("“{address}” is not a valid server address.", address=text),
            "Nothing was sent.",
            "Use https://host, local or renderjuice.",
        )
    url = url.rstrip("/")
    return url if parts.path.strip("/") else url + API_PATH


def host_of(url: str) -> str:
    """The host of an address, "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(url: str) -> bool:
    """Whether it is reached without any network."""
    return url == LOCAL or loopback.is_loopback(host_of(url))
