"""Reads decoded answers as models; what cannot be read, or is too much, becomes an error in plain words."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from . import progress
from .answers import Oversized
from .error_messages import malformed_response
from .errors import Malformed
from .message import msg
from .progress import Progress
from .tolerant import MAX_ENTRIES, Answer

A = TypeVar("A", bound=Answer)


def read(kind: type[A], answer: Any, doing: str, most: int = MAX_ENTRIES) -> A:
    """An answer as a model.

    Args:
        kind: the model.
        answer: the decoded JSON, without its envelope.
        doing: what was asked for, as a verb phrase, for the message.
        most: how many entries its lists may have together.

    Raises:
        Malformed: it cannot be read, or has more entries.
    """
    try:
        return kind.read(answer, most)
    except Oversized:
        raise too_large(doing) from None
    except ValidationError as error:
        raise malformed_response(_first_problem(error), doing) from None


def counters(answer: Any, doing: str) -> list[Progress]:
    """The counters in an answer. Raises Malformed if they are too many."""
    try:
        return progress.read_progress(answer)
    except Oversized:
        raise too_large(doing) from None


def too_large(doing: str) -> Malformed:
    """The error for an answer with more values or entries than allowed."""
    return malformed_response(msg("it is too large"), doing)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, problem["loc"])) or "the answer"
    return f"{place}: {problem['msg']}"
