"""How the farm's owner asks it to exit, with the farm's own token: Windows has no signal for that."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..errors import ApiError
from ..state.keys import Role
from .auth import LEAVE, caller_of


def routes(leave: Callable[[], None]) -> APIRouter:
    """The route; it is not in the API's OpenAPI document. leave: returns at once."""
    router = APIRouter(include_in_schema=False)

    @router.post(LEAVE)
    async def ask_to_leave(request: Request) -> Response:
        caller = caller_of(request)
        if caller.role is not Role.ADMIN or caller.key_id:
            raise ApiError(403, "wrong_role", "Only the farm's administrator can stop it.")
        leave()
        return Response(status_code=202)

    return router
