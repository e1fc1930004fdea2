"""The farm's errors: of a call, with a status, a stable code and a sentence; of its start, with a sentence."""

from __future__ import annotations

import json
import sys


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


def refuse(message: object, *, as_json: bool = False) -> int:
    """Print why a command failed. as_json: for a program. Returns the exit code."""
    if as_json:
        print(json.dumps({"status": "error", "error": str(message)}), flush=True)
    else:
        print(message, file=sys.stderr)
    return 2
