"""The text form of frames to render: ``1-250``, ``7``, ``1-100x5``, ``-5--1``. Standard library only.

The API documents a list of strings and no syntax; this one is our reading (docs/contract.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .message import msg

MAX_FRAMES = 1_000_000
_RANGE = re.compile(r"\s*(-?\d{1,7})(?:\s*-\s*(-?\d{1,7})(?:\s*[x:]\s*(\d{1,6}))?)?\s*")


def parse(text: str) -> tuple[int, ...]:
    """Frames of a comma-separated text such as ``1-10, 20, 30-50x5``, sorted, each once.

    Raises ValueError with a sentence for the artist.
    """
    return parse_all(part for part in re.split(r"[,;]", text) if part.strip())


def parse_all(ranges: Iterable[str]) -> tuple[int, ...]:
    """Frames of the contract's list of ranges, sorted, each once. Raises ValueError."""
    frames: set[int] = set()
    named = 0
    for part in ranges:
        one = _one(part)
        named += len(one)  # repeated frames count too: they cost as much
        if named > MAX_FRAMES:
            raise ValueError(msg("More than {limit:,} frames.", limit=MAX_FRAMES))
        frames.update(one)
    if not frames:
        raise ValueError(msg("No frames given. Examples: 1-250, 7 or 1-100x5."))
    return tuple(sorted(frames))


def ranges(frames: Iterable[int]) -> list[str]:
    """The shortest list of ranges, in the contract's form, that names exactly these frames."""
    rest = sorted(set(frames))
    out: list[str] = []
    start = 0
    while start < len(rest):
        end = _run_end(rest, start)
        first, last = rest[start], rest[end]
        step = rest[start + 1] - first if end > start else 1
        if end - start == 1 and step > 1:
            end, last = start, first
        out.append(str(first) if first == last else f"{first}-{last}" + (f"x{step}" if step > 1 else ""))
        start = end + 1
    return out


def _one(part: str) -> range:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise ValueError(msg("“{text}” is not a valid frame range. Examples: 1-250, 7 or 1-100x5.", text=part.strip()))
    first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
    if last < first:
        raise ValueError(msg("“{text}” ends before it starts.", text=part.strip()))
    if step < 1:
        raise ValueError(msg("“{text}” has a step of 0.", text=part.strip()))
    if (last - first) // step >= MAX_FRAMES:
        raise ValueError(msg("“{text}” is more than {limit:,} frames.", text=part.strip(), limit=MAX_FRAMES))
    return range(first, last + 1, step)


def _run_end(frames: list[int], start: int) -> int:
    end = start + 1
    if end == len(frames):
        return start
    step = frames[end] - frames[start]
    while end + 1 < len(frames) and frames[end + 1] - frames[end] == step:
        end += 1
    return end
