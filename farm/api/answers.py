"""What all of the API's routes share: how they are described, and what a refusal looks like."""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ..errors import ApiError
from ..objects.objects import CannotReach
from ..render.failures import as_work_failed
from . import waiting
from .auth import API

_AGAIN_SECONDS = 10
_log = logging.getLogger(__name__)


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorBody(BaseModel):
    """What every refusal looks like."""

    error: ErrorDetail


_ANSWERS: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorBody, "description": "Refused"}}
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The answer that the client has is still right"}}


def described(path: str, model: Any, prefix: str = API, *, may_be_unchanged: bool = False) -> dict[str, Any]:
    """The arguments of a route that needs a key: its place, its answer and the refusals that any call can meet.

    Args:
        path: below the prefix.
        model: of the answer's body; fields that were not set are left out of it.
        prefix: the contract's, or that of the farm's own calls.
        may_be_unchanged: a client may send the ETag of its last answer, and wait for a different one.
    """
    return {
        "path": prefix + path,
        "response_model": model,
        "response_model_exclude_unset": True,
        "responses": _ANSWERS | (_UNCHANGED if may_be_unchanged else {}),
        "openapi_extra": waiting.DOCUMENTED if may_be_unchanged else None,
        "dependencies": [Depends(HTTPBearer(auto_error=False))],
    }


def not_found() -> ApiError:
    """The error for a job that does not exist, or that this caller may not see."""
    return ApiError(404, "job_not_found", "There is no such job on this farm.")


def add_error_answers(app: FastAPI) -> None:
    def answer(status: int, code: str, message: str) -> JSONResponse:
        return JSONResponse({"error": {"code": code, "message": message}}, status)

    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> JSONResponse:
        response = answer(error.status, error.code, error.message)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.exception_handler(CannotReach)
    async def out_of_reach(request: Request, error: CannotReach) -> JSONResponse:
        message = f"The farm cannot reach its storage now: {error.strerror}. Try again in a minute."
        response = answer(503, "storage_unreachable", message)
        response.headers["Retry-After"] = str(_AGAIN_SECONDS)
        return response

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return answer(400, "invalid_request", f"{place or 'The body'}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> JSONResponse:
        code = re.sub(r"\W+", "_", str(error.detail)).lower()
        response = answer(error.status_code, code, f"{error.detail}: {request.method} {request.url.path}.")
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OSError)
    @app.exception_handler(sqlite3.OperationalError)
    async def short(request: Request, error: OSError | sqlite3.OperationalError) -> JSONResponse:
        failure = as_work_failed(error)
        if not failure.is_shortage:
            return await broken(request, error)
        response = answer(503, failure.type, f"{failure.name} Try again in a minute.")
        response.headers["Retry-After"] = str(_AGAIN_SECONDS)
        return response

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s broke", request.method, request.url.path, exc_info=error)
        return answer(500, "farm_fault", "The farm had an internal error; see its log.")
