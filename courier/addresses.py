"""How people name a server, and the base URL that it means.  Standard library only."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..client.errors import LocalProblem
from .submission import LOCAL

API_PATH = "/api/external/v1"
RENDERJUICE = f"https://api.renderjuice.com{API_PATH}"


def base_url(text: str) -> str:
    """LOCAL, or the base URL of a server; the API's path may be left out.  Raises LocalProblem."""
    text = text.strip().rstrip("/")
    if text in ("", LOCAL):
        return LOCAL
    if text.lower() == "renderjuice":
        return RENDERJUICE
    if "://" not in text:
        host = text.partition(":")[0].partition("/")[0]
        text = f"{'http' if host in ('localhost', '127.0.0.1') else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise LocalProblem(
            f"“{text}” is no server address.",
            "Nothing was sent.",
            "Write it as https://host, or local, or renderjuice.",
        )
    return text if parts.path else text + API_PATH
