"""Decodes answers to the JSON object in them. The API wraps some answers in an envelope and leaves others bare.

Everything that a service sends as JSON is decoded here: strictly as UTF-8, and bounded in its number of values and in
depth, since a few bytes of JSON can become many times as much memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from typing import Any

_ENVELOPES = ("data", "result", "response", "job", "upload", "downloads")
_ENVELOPE_DEPTH = 3
MAX_VALUES = 1_000_000
"""A job may have as many frames, and 8 MiB of usual JSON have fewer values."""
MAX_DEPTH = 64
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class Oversized(Exception):
    """An answer has more values than allowed. Not a ValueError: pydantic would take it for one bad member."""


def decoded(content: bytes | bytearray | str, most: int = MAX_VALUES) -> Any:
    """The JSON value of an answer, or of a text in one.

    Lone surrogates, which JSON can express but UTF-8 cannot, become character references (&#55357;). Lists and objects
    nested deeper than MAX_DEPTH come out empty: they are no reason to refuse the rest.

    Args:
        content: UTF-8.
        most: how many values it may have. Commas in texts count too.

    Raises:
        ValueError, RecursionError: it is not JSON.
        Oversized: it has more values.
    """
    text = content if isinstance(content, str) else str(content, "utf-8-sig")
    nested = text.count("[") + text.count("{")
    if nested + text.count(",") > most:
        raise Oversized
    answer = json.loads(text)
    if nested > MAX_DEPTH:
        _empty_below(answer, MAX_DEPTH)
    return _clean(answer) if _HALF_CHARACTER.search(text) else answer


def decoded_member(member: Any) -> Any:
    """A member that may come as JSON or as a text of JSON: its value, or None if the text is not JSON."""
    if not isinstance(member, str):
        return member
    try:
        return decoded(member)
    except (ValueError, RecursionError, Oversized):
        return None


def unwrapped(answer: Any, marks: Sequence[Set[str]]) -> Any:
    """The object itself: the answer, or what is in its envelope, such as {"data": …}.

    marks: sets of member names; the object has all names of at least one set.
    """
    found = _find(answer, marks, _ENVELOPE_DEPTH)
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


def _empty_below(answer: Any, depth: int) -> None:
    """Empty the lists and objects that are nested deeper, without recursion."""
    level = [answer]
    for _ in range(depth):
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [each for values in inner for each in values if isinstance(each, dict | list)]
    for each in level:
        each.clear()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return value
