"""Forms that browsers post: read whole, limited in size, and accepted only from the farm's own pages."""

from __future__ import annotations

import asyncio
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.requests import ClientDisconnect, Request

from ..errors import ApiError

_MAX_BYTES = 8192
_SECONDS = 15.0


async def read(request: Request) -> dict[str, str]:
    """The fields of a form. Raises ApiError (400, 403, 408, 413)."""
    check_origin(request)
    try:
        async with asyncio.timeout(_SECONDS):
            body = await _body(request)
    except TimeoutError:
        raise ApiError(408, "too_slow", f"The form did not arrive within {_SECONDS:.0f} seconds.") from None
    except ClientDisconnect:
        raise ApiError(400, "incomplete", "The form ended early.") from None
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        raise ApiError(400, "not_a_form", "The form could not be read.") from None
    return {name: values[0] for name, values in fields.items()}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise ApiError(413, "too_large", "The form is too large.")
    return bytes(body)


def parts_of(address: str) -> SplitResult:
    """The parts of a URL in a header; all empty if it is invalid."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def check_origin(request: Request) -> None:
    """Refuse cross-site requests: the cookie alone does not show that a person pressed a button.

    Browsers name the page of a form in one of two headers. Raises ApiError (403).
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_own = site == "same-origin" if site else parts_of(origin or "").netloc == request.url.netloc
    if not is_own:
        raise ApiError(403, "wrong_origin", "This form did not come from a page of this farm. Open the page again.")
