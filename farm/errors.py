"""How the farm says no: to a call with a status, a stable code and a sentence; to its start with a sentence."""

from __future__ import annotations


class ApiError(Exception):
    """Becomes {"error": {"code", "message"}} with this HTTP status.

    retry_after: seconds after which the same call may succeed, or None.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.message = message


class CannotStart(Exception):
    """The farm cannot run here; says why and what to do."""
