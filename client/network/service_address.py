"""Checks the address and the API key of a service, as the user typed or pasted them."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import LocalProblem
from ..message import msg
from ..redaction import shown


def checked_address(base_url: str) -> str:
    """The address without surrounding spaces and final slashes. Raises LocalProblem."""
    address = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or "@" in parts.netloc:
        raise LocalProblem(
            msg("“{address}” is not a valid server address.", address=shown(address)),
            "Nothing was sent.",
            "Enter it as https://host/path in Farmhand's preferences.",
        )
    return address


def checked_key(key: str) -> str:
    """The key without surrounding spaces. Raises LocalProblem if it is not valid in a header."""
    key = key.strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise LocalProblem(
            "The API key contains invalid characters.",
            "Nothing was sent.",
            "Copy the complete key and paste it again.",
        )
    return key
