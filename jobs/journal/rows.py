"""Converts rows of the journal to objects, and back. Standard library only."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...client.message import Message
from ..text import is_unicode
from .journal_file import Damaged
from .submission import CourierInfo, FrameRecord, FrameState, Problem, Stage, State, Submission

T = TypeVar("T")


def made(make: Callable[[sqlite3.Row], T], row: sqlite3.Row) -> T:
    try:
        return make(row)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise Damaged from error


def frame(row: sqlite3.Row) -> FrameRecord:
    values = _restored(row)
    return FrameRecord(**{**values, "state": FrameState(row["state"]), "reason": Message.decoded(values["reason"])})


def storable(row: Mapping[str, Any]) -> dict[str, Any]:
    """SQLite cannot store names that are not UTF-8 as text: they become bytes."""
    return {
        name: os.fsencode(value) if isinstance(value, str) and not is_unicode(value) else value
        for name, value in row.items()
    }


def _restored(row: sqlite3.Row) -> dict[str, Any]:
    return {name: os.fsdecode(value) if isinstance(value, bytes) else value for name, value in dict(row).items()}


def presence(row: sqlite3.Row) -> CourierInfo:
    values = {name: row[name] for name in ("pid", "version", "started", "heartbeat", "channel")}
    return CourierInfo(**values, keys_for=json.loads(row["keys_for"]), handover=bool(row["handover"]))


def submission(row: sqlite3.Row) -> Submission:
    values = _restored(row)
    problem = values.pop("problem")
    values["note"] = Message.decoded(values["note"])
    values.update(
        stage=Stage(values["stage"]), state=State(values["state"]), needs_confirm=bool(values["needs_confirm"])
    )
    return Submission(**values, problem=_problem(problem) if problem else None)


def _problem(text: str) -> Problem:
    values = json.loads(text)
    return Problem(values.pop("code"), **{name: Message.decoded(one) for name, one in values.items()})


def problem_stored(problem: Problem | None) -> str | None:
    if problem is None:
        return None
    texts = {name: stored(getattr(problem, name)) for name in ("what", "meaning", "advice")}
    return json.dumps({"code": problem.code} | texts)


def stored(text: str) -> str:
    """A Message with its template and values, so that Blender can show it in its own language."""
    return Message.from_text(text).encoded()
