"""A cache of answers to calls that many clients repeat: computed once, and sent to all until something changes."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from .auth import API, FARM_API, App, Receive, Scope, Send, caller_in

_SECONDS = 1.0
"""What other programs change in the farm's state, the name of a workspace for one, is seen after this long."""
_MOST_BYTES = 512 * 1024
_MOST_BYTES_IN_ALL = 16 * 1024 * 1024
_BYTES_OF_AN_ENTRY = 1024
"""For the objects themselves, beside what the caller and the answer fill them with."""
_KEPT = re.compile(rf"{API}/jobs(/progress|/[^/]+(/progress)?)?|{FARM_API}/jobs(/[^/]+)?")
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A complete answer, as its two ASGI messages. at: when it was complete, monotonic seconds."""

    at: float
    start: MutableMapping[str, Any]
    body: MutableMapping[str, Any]


class KeptAnswers:
    """Plain ASGI middleware behind authentication.

    mark: a value that changes whenever anything that these calls report has changed.
    """

    def __init__(self, app: App, mark: Callable[[], object]) -> None:
        self._app = app
        self._mark = mark
        self._answers: dict[_Key, _Answer] = {}
        self._answers_of: object = None
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_kept(scope):
            await self._app(scope, receive, send)
            return
        mark = self._mark()
        if mark != self._answers_of or self._bytes > _MOST_BYTES_IN_ALL:
            self._answers.clear()
            self._answers_of, self._bytes = mark, 0
        key = _key(scope)
        kept = self._answers.get(key)
        if kept is not None and time.monotonic() - kept.at < _SECONDS:
            for message in (kept.start, kept.body):
                await send(_copy(message))
            return
        sent: list[MutableMapping[str, Any]] = []

        async def sending(message: MutableMapping[str, Any]) -> None:
            sent.append(_copy(message))
            await send(message)

        await self._app(scope, receive, sending)
        if self._answers_of == mark == self._mark() and _can_be_kept(sent):
            self._answers[key] = _Answer(time.monotonic(), *sent)
            self._bytes += _size(key, sent)


def _is_kept(scope: Scope) -> bool:
    """False if the answer depends on the one that the client already has."""
    is_own = any(name in (b"if-none-match", b"prefer") for name, _ in scope["headers"])
    return not is_own and _KEPT.fullmatch(scope["path"]) is not None


def _key(scope: Scope) -> _Key:
    """Everything that such an answer depends on: its links point to the host that the client called."""
    caller = caller_in(scope)
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return (caller.workspace_id, caller.role, scope["path"], scope["query_string"], scope["scheme"], host)


def _size(key: _Key, sent: list[MutableMapping[str, Any]]) -> int:
    """About how many bytes an answer takes, with its key: callers choose the host and the query."""
    texts = [part for part in key if isinstance(part, str | bytes)]
    texts += [part for header in sent[0].get("headers", ()) for part in header]
    return _BYTES_OF_AN_ENTRY + sum(map(sys.getsizeof, texts)) + len(sent[1]["body"])


def _copy(message: MutableMapping[str, Any]) -> dict[str, Any]:
    """A copy, because middleware further out may add headers to a message."""
    return {**message, **({"headers": list(message["headers"])} if "headers" in message else {})}


def _can_be_kept(sent: list[MutableMapping[str, Any]]) -> bool:
    return (
        len(sent) == 2
        and sent[0].get("status") == 200
        and not sent[1].get("more_body")
        and len(sent[1].get("body", b"")) <= _MOST_BYTES
    )
