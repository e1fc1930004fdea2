"""A render that was already started elsewhere, perhaps with other settings than ours.

The service answers a second start with the job as it is. Its requestedConfig, any JSON, tells what it renders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...client.answers import decoded_member
from ...client.message import Message, msg
from ...client.models import RenderConfig
from ...client.plain_text import tidy
from .analysis import frames

_DIFFERENT = msg("The server had already started this job with different settings ({differences}).")
_UNKNOWN = msg("The server had already started this job; its settings are unknown.")
_WHAT_TO_DO = msg("To render with your settings, cancel the job and submit the file again.")
_BEGINNINGS = ("The server had already started this job", "The service had already started this job")
"""The second: as versions until November 2026 wrote it into the journal."""
_WRAPPER = "requestedRenderConfig"
_SHOWN = 8
_VALUE_LETTERS, _SETTING_LETTERS = 40, 160


def report(requested: Any, ours: RenderConfig, *, was_tried: bool) -> str:
    """A sentence on how the running render differs from what was asked for here, safe to show; "" when it does not.

    Args:
        requested: the job's requestedConfig, untrusted.
        ours: what was asked for here.
        was_tried: an earlier try from here may have started it; then only what we sent is compared, since the service
            may fill in the rest.
    """
    wanted = ours.to_wire()
    theirs = _object(requested)
    if theirs is None:
        return "" if was_tried else Message.joined((_UNKNOWN, _WHAT_TO_DO))
    found = list(islice(_differences(theirs, wanted, only_ours=was_tried), _SHOWN + 1))
    if not found:
        return ""
    shown = tidy(", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else ""))
    return Message.joined((_DIFFERENT.filled({"differences": shown}), _WHAT_TO_DO))


def is_report(text: str) -> bool:
    """Whether a text of the journal comes from `report`."""
    return text.startswith(_BEGINNINGS)


def _object(requested: Any) -> dict[str, Any] | None:
    requested = decoded_member(requested)
    if isinstance(requested, dict) and isinstance(requested.get(_WRAPPER), dict):
        requested = requested[_WRAPPER]
    return requested if isinstance(requested, dict) and requested else None


def _differences(theirs: Mapping[str, Any], ours: Mapping[str, Any], *, only_ours: bool) -> Iterator[str]:
    for name in ours if only_ours else dict.fromkeys((*ours, *theirs)):
        one, other = theirs.get(name), ours.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            inner = _differences(one, other, only_ours=only_ours)
            yield from (f"{tidy(name, _VALUE_LETTERS)}.{each}" for each in inner)
        elif not _is_same(name, one, other):
            yield tidy(f"{tidy(name, _VALUE_LETTERS)}: {_text(other)} → {_text(one)}", _SETTING_LETTERS)


def _is_same(name: str, one: Any, other: Any) -> bool:
    return bool(frames(one) == frames(other) if name == "frameRanges" else one == other)


def _text(value: Any) -> str:
    """A value as it is shown: short, and a dash where it was not set."""
    return "–" if value is None else tidy(json.dumps(value, ensure_ascii=False), _VALUE_LETTERS)
