"""Decodes answers to the JSON object in them. The API wraps some answers in an envelope and leaves others bare."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from typing import Any

_ENVELOPES = ("data", "result", "response", "job", "upload", "downloads")
_MAX_DEPTH = 3
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def decoded(content: bytes | bytearray) -> Any:
    """The JSON value. Raises ValueError, RecursionError.

    Lone surrogates, which JSON can express but UTF-8 cannot, become character references (&#55357;).
    """
    answer = json.loads(content)
    return _clean(answer) if _HALF_CHARACTER.search(content) else answer


def unwrapped(answer: Any, marks: Sequence[Set[str]]) -> Any:
    """The object itself: the answer, or what is in its envelope, such as {"data": …}.

    marks: sets of member names; the object has all names of at least one set.
    """
    found = _find(answer, marks, _MAX_DEPTH)
    if found is None and isinstance(answer, dict):
        return answer.get("data", answer)
    return answer if found is None else found


def page_of_jobs(answer: Any) -> Any:
    """A page as {"jobs": […], "pagination": {…}}, whether it came so, as a bare list, or as either in "data"."""
    if isinstance(answer, list):
        return {"jobs": answer}
    if isinstance(answer, dict) and "jobs" not in answer and "data" in answer:
        page = page_of_jobs(answer["data"])
        return {**answer, **page} if isinstance(page, dict) else page
    return answer


def _find(answer: Any, marks: Sequence[Set[str]], depth: int) -> dict[str, Any] | None:
    if not isinstance(answer, dict):
        return None
    if any(members <= answer.keys() for members in marks):
        return answer
    if depth:
        for envelope in _ENVELOPES:
            if (found := _find(answer.get(envelope), marks, depth - 1)) is not None:
                return found
    return None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return value
