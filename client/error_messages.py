"""Turns refusals and network failures into errors in plain words. A message never contains a key or a signed link."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from .error_words import looks_like_page, words_of
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
from .message import Message, msg
from .redaction import shown
from .retry import seconds_to_wait

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
Words = tuple[Message, Message, Message]
"""The fact, what it means for the render, what to do; the last is empty if the user only has to wait."""
_CALL_WORDS: dict[type[Refused], Words] = {
    Unauthorized: (
        msg("{host} did not accept the API key ({status}{said})."),
        msg("The render waits until the key is accepted."),
        msg(
            "Check the key in Farmhand's preferences. API access is granted by the service on request: if the "
            "key is right, ask the service to enable it."
        ),
    ),
    NotFound: (
        msg("{host} could not find what was requested ({doing}; {status}{said})."),
        msg("The job may have been deleted on the server."),
        msg("Check the server address. If the job is gone, submit it again."),
    ),
    NotAllowedNow: (
        msg("{host} rejected the request to {doing} ({status}{said})."),
        msg("The job is in a different state than expected, or the request was not understood."),
        msg("Check the job's status, then try again."),
    ),
    TooLarge: (
        msg("The request is too large for {host} ({doing}; {status}{said})."),
        msg("The job cannot be sent in its current form."),
        msg("Reduce the package size, or render fewer frames at a time."),
    ),
    RateLimited: (msg("{host} is limiting the request rate ({status}{said})."), msg("Nothing is lost."), msg("")),
    ServerFault: (msg("{host} reported an internal error ({status}{said})."), msg("Nothing is lost."), msg("")),
    Refused: (
        msg("{host} refused to {doing} ({status}{said})."),
        msg("The job cannot continue."),
        msg("Check the server address in Farmhand's preferences."),
    ),
}
_ELSEWHERE = msg("Check the key in Farmhand's preferences, or ask the people who run the server for a valid one.")
"""Replaces the advice above for other servers; that one applies to Renderjuice only."""
_RENDERJUICE = ".renderjuice.com"
_NO_KEY = (
    msg("{host} requires an API key, but none is set."),
    msg("Nothing was sent."),
    msg("Enter your key in Farmhand's preferences, or set FARMHAND_API_KEY."),
)
_UNPAID = (
    msg("{host} requires payment to {doing} ({status}{said})."),
    msg("The job waits; nothing is lost."),
    msg("Check your credits and your plan with the service, then retry."),
)
_BLOCKED = (
    msg("Received a web page instead of a response from {host} ({status}{said})."),
    msg("Something between this computer and the server may be blocking it."),
    msg("Ask your network administrator to allow the server's address."),
)
_LINK_WORDS: dict[type[Refused], Words] = {
    Unauthorized: (
        msg("The {link} link is invalid or has expired ({status}{said})."),
        msg("Links are only valid for a short time. Nothing is lost."),
        msg("Request a new link and try again."),
    ),
    NotFound: (
        msg("Nothing was found at the {link} link ({status}{said})."),
        msg("The file was deleted from storage, or the link was already used."),
        msg("Request a new link and try again."),
    ),
    TooLarge: (
        msg("The file is too large for storage ({status}{said})."),
        msg("The file cannot be uploaded in its current form."),
        msg("Reduce the package size: remove unused data, shorten caches, or use smaller textures."),
    ),
    RateLimited: (msg("Storage is limiting the request rate ({status}{said})."), msg("Nothing is lost."), msg("")),
    ServerFault: (msg("Storage reported an internal error ({status}{said})."), msg("Nothing is lost."), msg("")),
}
_LINK_WORDS[NotAllowedNow] = _LINK_WORDS[Refused] = (
    msg("Storage refused the {link} ({status}{said})."),
    msg("The file was not transferred."),
    msg("Request a new link and try again."),
)


_KEPT = msg("Nothing is lost: data already transferred is kept.")


class Headers(Protocol):
    """Headers of httpx or urllib3; names are case-insensitive."""

    def get(self, name: str, /) -> str | None: ...


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
    """The error for an API call that the service answered with an error status.

    Args:
        status, headers, body: the answer.
        doing: what was asked for, as a verb phrase ("list jobs").
        url: the address of the call; its host is named in the message.
        has_key, secrets: whether a key was sent with it; texts that must not appear in the message.
    """
    kind = _kind(status)
    words = _CALL_WORDS[kind]
    if kind is Unauthorized and not has_key:
        words = _NO_KEY
    elif status == 402:
        words = _UNPAID
    elif status == 403 and looks_like_page(headers.get("Content-Type") or "", body):
        words = _BLOCKED
    elif kind is Unauthorized and not f".{urlsplit(url).hostname}".endswith(_RENDERJUICE):
        words = (*words[:2], _ELSEWHERE)
    return _refused(kind, words, status, headers, words_of(body, *secrets), host=host_and_port(url), doing=doing)


def link_refused(status: int, headers: Headers, body: bytes, *, link: str, url: str) -> Refused | Unreachable:
    """The error for a signed link that storage answered with an error status.

    Args:
        status, headers, body: the answer.
        link: "upload" or "download".
        url: the link; only its host is named in the message.
    """
    kind = _kind(status)
    return _refused(kind, _LINK_WORDS[kind], status, headers, words_of(body), host=host_and_port(url), link=link)


def unreachable(error: BaseException, url: str) -> Unreachable:
    """The error for a call or a transfer that got no complete answer. error may wrap the cause, as httpx's do."""
    host = host_and_port(url)
    for reason in _chain(error):
        if isinstance(reason, ssl.SSLCertVerificationError):
            return _unverified(host, reason.verify_message or reason.reason)
        if isinstance(reason, socket.gaierror):
            return Unreachable(
                msg("The server {host} could not be found.", host=host),
                _KEPT,
                "Check the network connection and the server address.",
            )
        if isinstance(reason, ConnectionRefusedError):
            return Unreachable(
                msg("{host} refused the connection.", host=host),
                _KEPT,
                "Check the server address, and that the server is running.",
            )
        if _is_proxys_refusal(reason):
            return _proxy_wants_password(host)
        if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
            return Unreachable(
                msg(
                    "Could not establish a secure connection to {host} ({reason}).",
                    host=host,
                    reason=shown(str(reason.reason or reason)),
                ),
                _KEPT,
                "Check whether the address should start with http:// or https://, and check the proxy settings.",
            )
    if any(isinstance(reason, TimeoutError) or "Timeout" in type(reason).__name__ for reason in _chain(error)):
        what = msg("The connection to {host} timed out.", host=host)
    else:
        what = msg("The connection to {host} was lost ({reason}).", host=host, reason=_cause([*_chain(error)][-1]))
    return Unreachable(what, _KEPT, "Check the network connection, then try again.")


def _unverified(host: str, reason: str) -> Unreachable:
    return Unreachable(
        msg("The identity of {host} could not be verified ({reason}).", host=host, reason=shown(reason)),
        "Nothing was sent. On company networks, this is usually caused by a firewall that inspects encrypted traffic.",
        "Ask your administrator for the firewall's certificate file and select it in Farmhand's preferences. "
        "Also check your computer's clock.",
    )


def _cause(error: BaseException) -> Message:
    """What broke a connection."""
    if isinstance(error, http.client.IncompleteRead) and error.expected:
        return msg("{missing:,} bytes are missing at the end", missing=error.expected)
    return Message(shown(getattr(error, "strerror", None) or str(error)) or type(error).__name__)


def malformed_response(what: str, doing: str) -> Malformed:
    """The error for an answer that cannot be understood. what: a Message, or a text that may quote the answer."""
    reason = what if isinstance(what, Message) else shown(what)
    return Malformed(
        msg("The response to “{doing}” could not be understood: {reason}.", doing=doing, reason=reason),
        "It is unknown whether the request was completed.",
        "Check that the server address belongs to a render service, then try again.",
    )


def host_and_port(url: str) -> str:
    """Host and port of an address, for messages. Any text is allowed: a link comes from the service."""
    try:
        netloc = urlsplit(url).netloc
    except ValueError:
        netloc = ""
    return shown(netloc.rpartition("@")[2]) or "the server"


def _kind(status: int) -> type[Refused]:
    if status >= 500 or status in _ASK_AGAIN:
        return ServerFault
    return _KINDS.get(status, Refused)


def _refused(
    kind: type[Refused],
    words: Words,
    status: int,
    headers: Headers,
    said: str,
    *,
    host: str,
    **about: str | Message,
) -> Refused | Unreachable:
    if status == 407:
        return _proxy_wants_password(host)
    wait = seconds_to_wait(headers.get("Retry-After") or "", headers.get("Date") or "")
    seconds = max(1, round(wait)) if wait else 0
    again = msg("Try again in {seconds} seconds.", seconds=seconds) if seconds else msg("Try again in a moment.")
    values = {"host": host, "status": status, "said": f": {said.rstrip('.')}" if said else "", **about}
    what, meaning, advice = (text.filled(values) for text in words)
    return kind(what, meaning, advice or again, status=status, retry_after=wait)


def _is_proxys_refusal(reason: BaseException) -> bool:
    """Whether this error of http.client or httpx means that the proxy requires a password."""
    words = str(reason)
    return "connection failed: 407" in words or (type(reason).__name__ == "ProxyError" and words.startswith("407"))


def _proxy_wants_password(host: str) -> Unreachable:
    return Unreachable(
        msg("The proxy for {host} requires a username and password (407).", host=host),
        "The server cannot be reached.",
        "Add them to the system's proxy settings, or set HTTPS_PROXY to http://username:password@host:port.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
