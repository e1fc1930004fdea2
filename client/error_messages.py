"""From what came over the wire to an error in plain words.  Keys and signed links never get into a message."""

from __future__ import annotations

import email.utils
import html
import http.client
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from .errors import (
    Malformed,
    NotAllowedNow,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    TooLarge,
    Unauthorized,
    Unreachable,
)

MAX_WORDS = 300
MAX_WAIT_SECONDS = 24 * 3600.0
_JSON_KEYS = (
    "message",
    "msg",
    "detail",
    "error_description",
    "error",
    "errors",
    "title",
    "reason",
    "description",
    "code",
)
_ELEMENTS = re.compile(r"<(title|h1|message|code)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>|<\?.*?\?>", re.IGNORECASE | re.DOTALL)
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (re.compile(r"\bRJ-[\w-]{6,}"), "RJ-…"),
    (re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]+"), r"\1?…"),
    (re.compile(r"(https?://)[^\s/@]+@"), r"\1…@"),
)


_KINDS: dict[int, type[Refused]] = {
    400: NotAllowedNow,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: NotAllowedNow,
    410: NotFound,
    413: TooLarge,
    422: NotAllowedNow,
    429: RateLimited,
}
# Timed out, sent to the wrong machine, too early: the same request may be made again (RFC 9110, RFC 8470).
_ASK_AGAIN = (408, 421, 425)
# The fact, what it means for the render, what to do.
_CALL_WORDS: dict[type[Refused], tuple[str, str, str]] = {
    Unauthorized: (
        "{host} did not accept the API key ({status}{said}).",
        "The render waits until it does.",
        (
            "Check the key in Farmhand's preferences. API access is granted by the service on request: "
            "if the key is right, ask the service to enable it."
        ),
    ),
    NotFound: (
        "{host} knows nothing of what Farmhand asked for ({doing}; {status}{said}).",
        "The job may have been deleted there.",
        "Check the server's address; submit again if the job is gone.",
    ),
    NotAllowedNow: (
        "{host} would not {doing} ({status}{said}).",
        "The job is in another state than Farmhand thought, or the request was not understood.",
        "Look at the job's state, then try again.",
    ),
    TooLarge: (
        "{host} finds the request too large ({doing}; {status}{said}).",
        "The job cannot be sent as it is.",
        "Make the package smaller, or render fewer frames at a time.",
    ),
    RateLimited: ("{host} asks for fewer requests ({status}{said}).", "Nothing is lost.", "{wait}"),
    ServerFault: ("{host} has a fault of its own ({status}{said}).", "Nothing is lost.", "{wait}"),
    Refused: (
        "{host} refused to {doing} ({status}{said}).",
        "The job does not go on.",
        "Check the server's address in Farmhand's preferences.",
    ),
}
_NO_KEY = (
    "{host} asks for an API key, and none is set.",
    "Nothing was sent.",
    "Paste your key in Farmhand's preferences, or set FARMHAND_API_KEY.",
)
_BLOCKED = (
    "A web page came instead of {host}'s answer ({status}{said}).",
    "Something between this computer and the service may be blocking it.",
    "Ask your network's administrator to allow the service's address.",
)
_LINK_WORDS: dict[type[Refused], tuple[str, str, str]] = {
    Unauthorized: (
        "The {link} link is not valid, or not any more ({status}{said}).",
        "Links are made for a short time only; nothing is lost.",
        "Ask for a new link and try again.",
    ),
    NotFound: (
        "The {link} link leads to nothing ({status}{said}).",
        "The file was removed there, or the link has been used up.",
        "Ask for a new link and try again.",
    ),
    TooLarge: (
        "Storage refuses a file of this size ({status}{said}).",
        "The upload cannot be done as it is.",
        "Make the package smaller: remove unused data, shorten caches, or use smaller textures.",
    ),
    RateLimited: ("Storage asks for fewer requests ({status}{said}).", "Nothing is lost.", "{wait}"),
    ServerFault: ("Storage has a fault of its own ({status}{said}).", "Nothing is lost.", "{wait}"),
}
_LINK_WORDS[NotAllowedNow] = _LINK_WORDS[Refused] = (
    "Storage refused the {link} ({status}{said}).",
    "The file did not move.",
    "Ask for a new link and try again.",
)


class Headers(Protocol):
    """Of httpx or http.client; names in any case."""

    def get(self, name: str, /) -> str | None: ...


def redact(text: str, *secrets: str) -> str:
    """The text without these secrets, anything that looks like a key, and the queries of signed links."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def words_of(body: bytes | bytearray) -> str:
    """What an error's body says to a person, from JSON, XML, HTML or plain text; "" when it says nothing."""
    text = body[:65536].decode("utf-8", "replace").strip()
    if text.startswith(("{", "[", '"')):
        try:
            return _tidy("; ".join(dict.fromkeys(_json_words(json.loads(text)))))
        except (ValueError, RecursionError):
            pass
    return _markup_words(text) if text.startswith("<") else _tidy(text)


def looks_like_page(content_type: str, body: bytes | bytearray) -> bool:
    """Whether this is a web page, such as a proxy or a log-in portal puts in place of the real answer."""
    start = body[:512].lstrip().lower()
    return "html" in content_type.lower() or start.startswith((b"<!doctype html", b"<html"))


def retry_after(headers: Headers) -> float | None:
    """Seconds that the service asks to wait (a number or a date), or None."""
    value = (headers.get("Retry-After") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS) if seconds == seconds else None


def call_refused(
    status: int,
    headers: Headers,
    body: bytes | bytearray,
    *,
    doing: str,
    url: str,
    has_key: bool,
    secrets: tuple[str, ...],
) -> Refused | Unreachable:
    """The error for an API call that the service answered with a status that is no success."""
    kind = _kind(status)
    words = _CALL_WORDS[kind]
    if kind is Unauthorized and not has_key:
        words = _NO_KEY
    elif status == 403 and looks_like_page(headers.get("Content-Type") or "", body):
        words = _BLOCKED
    return _refused(
        kind, words, status, headers, redact(words_of(body), *secrets), host=host_and_port(url), doing=doing
    )


def link_refused(status: int, headers: Headers, body: bytes, *, link: str, url: str) -> Refused | Unreachable:
    """The error for a signed link (link: "upload" or "download") that storage answered with no success."""
    kind = _kind(status)
    return _refused(
        kind, _LINK_WORDS[kind], status, headers, redact(words_of(body)), host=host_and_port(url), link=link
    )


def unreachable(error: BaseException, url: str) -> Unreachable:
    """The error for a call or a transfer that got no whole answer.  error may wrap the reason, as httpx's do."""
    host = host_and_port(url)
    waits = "Nothing is lost: what has been sent or received stays."
    for reason in _chain(error):
        if isinstance(reason, ssl.SSLCertVerificationError):
            return Unreachable(
                f"The identity of {host} could not be confirmed ({reason.verify_message or reason.reason}).",
                "Nothing was sent. In an office this is mostly a firewall that opens encrypted traffic.",
                "Ask your administrator for its certificate file and set it in Farmhand's preferences; "
                "check the computer's clock.",
            )
        if isinstance(reason, socket.gaierror):
            return Unreachable(
                f"No computer named {host} was found.", waits, "Check the network connection and the server's address."
            )
        if isinstance(reason, ConnectionRefusedError):
            return Unreachable(
                f"Nobody answers at {host}.", waits, "Check the server's address and that it is running."
            )
        if _is_proxys_refusal(reason):
            return _proxy_wants_password(host)
        if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
            return Unreachable(
                f"No encrypted connection to {host} could be made ({redact(str(reason.reason or reason))}).",
                waits,
                "Check that the address begins with the right http:// or https://, and the proxy settings.",
            )
    if any(isinstance(reason, TimeoutError) or "Timeout" in type(reason).__name__ for reason in _chain(error)):
        return Unreachable(f"{host} did not answer in time.", waits, "Check the network connection, then try again.")
    reason = [*_chain(error)][-1]
    if isinstance(reason, http.client.IncompleteRead) and reason.expected:
        reason = EOFError(f"it ended {reason.expected:,} bytes early")
    said = getattr(reason, "strerror", None) or str(reason)
    return Unreachable(
        f"The connection to {host} broke ({redact(said) or type(reason).__name__}).",
        waits,
        "Check the network connection, then try again.",
    )


def malformed_response(what: str, doing: str) -> Malformed:
    """The error for an answer that cannot be understood."""
    return Malformed(
        f"The answer to “{doing}” could not be understood: {what}.",
        "Whether it was done is not known.",
        "Check that the server's address is that of a render service, then try again.",
    )


def host_and_port(url: str) -> str:
    """Host and port of an address, for messages."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or "the server"


def _kind(status: int) -> type[Refused]:
    if status >= 500 or status in _ASK_AGAIN:
        return ServerFault
    return _KINDS.get(status, Refused)


def _refused(
    kind: type[Refused],
    words: tuple[str, str, str],
    status: int,
    headers: Headers,
    said: str,
    *,
    host: str,
    **about: str,
) -> Refused | Unreachable:
    if status == 407:
        return _proxy_wants_password(host)
    wait = retry_after(headers)
    about |= {
        "host": host,
        "status": str(status),
        "said": f": {said.rstrip('.')}" if said else "",
        "wait": f"Try again in {max(1, round(wait))} seconds." if wait else "Try again in a moment.",
    }
    what, meaning, advice = (text.format(**about) for text in words)
    return kind(what, meaning, advice, status=status, retry_after=wait)


def _is_proxys_refusal(reason: BaseException) -> bool:
    """Whether http.client or httpx says that the proxy opens no tunnel without a password."""
    words = str(reason)
    return "connection failed: 407" in words or (type(reason).__name__ == "ProxyError" and words.startswith("407"))


def _proxy_wants_password(host: str) -> Unreachable:
    return Unreachable(
        f"The proxy on the way to {host} asks for a name and a password (407).",
        "The service cannot be reached.",
        "Put them into the system's proxy settings, or into HTTPS_PROXY as http://name:password@host:port.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _json_words(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 6:
        for item in value[:3]:
            yield from _json_words(item, depth + 1)
    elif isinstance(value, dict) and depth < 6:
        where = value.get("loc") or value.get("field")
        place = ".".join(map(str, where)) if isinstance(where, list) else where
        for key in _JSON_KEYS:
            found = list(_json_words(value[key], depth + 1)) if key in value else []
            if any(found):
                yield from (f"{place}: {words}" if place else words for words in found)
                return


def _markup_words(text: str) -> str:
    found = {name.lower(): _tidy(_UNSEEN.sub(" ", words)) for name, words in reversed(_ELEMENTS.findall(text))}
    for name in ("message", "title", "h1", "code"):
        if found.get(name):
            return found[name]
    return _tidy(_UNSEEN.sub(" ", text))


def _tidy(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in html.unescape(text)).split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
