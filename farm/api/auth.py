"""Authentication: who may call the farm, and when each last did. Plain ASGI, around everything else."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from ..errors import ApiError
from ..settings import LOOPBACK_HOSTS, FarmSettings
from ..state.keys import Caller, Role
from . import bodies

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = "/api/external/v1"
FARM_API = "/api/farm/v1"
OPENAPI = "/openapi.json"
LEAVE = "/leave"
UNKNOWN_KEY = "This key does not belong to this farm."
_CALLER = "farmhand.caller"
HEALTH, METRICS = "/health", "/metrics"
_ROLES = {METRICS: frozenset({Role.MONITOR, Role.ADMIN})}
_USUAL_ROLES = frozenset({Role.SUBMIT, Role.ADMIN})
_ROLE_WORDS = {
    Role.RENDER: "This key is for computers that render for the farm: use a key with the role “submit”.",
    Role.MONITOR: "This key can only read /metrics: use a key with the role “submit”.",
    Role.SUBMIT: "Metrics cover all workspaces: use a key with the role “monitor” or “admin”.",
}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


class AuthMiddleware:
    """find_caller: whose bearer token this is, None if unknown. Storage links carry their own signature."""

    def __init__(
        self, app: App, settings: FarmSettings, find_caller: Callable[[bytes], Caller | None], version: str
    ) -> None:
        self._app = app
        self._settings = settings
        self._find_caller = find_caller
        self._version = version.encode()
        self._open_requests = 0
        self._last = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        return 0.0 if self._open_requests else time.monotonic() - self._last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        self._open_requests += 1
        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await refusal(scope, receive, send)
            elif _needs_key(scope["path"]):
                await self._call(scope, receive, self._with_version(send))
            else:
                await self._app(scope, receive, send)
        finally:
            self._open_requests -= 1
            self._last = time.monotonic()

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            receive = await bodies.bounded(receive)
        except ApiError as error:
            await _error(error.status, error.code, error.message)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> JSONResponse | None:
        """The response to a refused call; None for an allowed one, whose caller is then in the scope."""
        if b"content-length" in headers and b"transfer-encoding" in headers:
            # Request smuggling: a proxy in front may have used the other of the two lengths.
            return _error(400, "two_lengths", "A request must state its length exactly once.", {"Connection": "close"})
        if self._settings.is_loopback and not self._is_own_name(headers.get(b"host", b"")):
            # DNS rebinding: a web page whose name resolves to 127.0.0.1 still sends its own name.
            return _error(403, "wrong_host", "This farm answers to this computer's own name only.")
        if not _needs_key(scope["path"]):
            return None
        caller = self._find_caller(bearer_key(scope))
        if caller is None:
            how = UNKNOWN_KEY if b"authorization" in headers else "Send it as “Authorization: Bearer KEY”."
            return _error(401, "unauthorized", how)
        if caller.role not in _ROLES.get(scope["path"], _USUAL_ROLES):
            return _error(403, "wrong_role", _ROLE_WORDS[caller.role])
        scope[_CALLER] = caller
        return None

    def _is_own_name(self, host: bytes) -> bool:
        parts = _HOST.fullmatch(host.decode("latin-1").lower())
        if parts is None:
            return False
        name = parts["name"].removeprefix("[").removesuffix("]")
        return name in LOOPBACK_HOSTS or name in (self._settings.host, self._settings.public_host)

    def _with_version(self, send: Send) -> Send:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-farmhand-version", self._version)]
            await send(message)

        return sending


def bearer_key(scope: Scope) -> bytes:
    """The key that a call was made with, b"" for none."""
    authorization = dict(scope["headers"]).get(b"authorization", b"")
    scheme, _, key = authorization.partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else b""


def caller_of(request: Request) -> Caller:
    """Who makes a call that needs a key."""
    return caller_in(request.scope)


def caller_in(scope: Scope) -> Caller:
    """The same for an ASGI scope."""
    caller: Caller = scope[_CALLER]
    return caller


def _needs_key(path: str) -> bool:
    return path.startswith((API, FARM_API)) or path in (OPENAPI, LEAVE, METRICS)


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
