"""The text form of frames to render: ``1-250``, ``7``, ``1-100x5``, ``-5--1``. Standard library only.

The API documents a list of strings and no syntax; this one is our reading (docs/contract.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from .message import msg

MAX_FRAMES = 1_000_000
_RANGE = re.compile(r"\s*(-?\d{1,7})(?:\s*-\s*(-?\d{1,7})(?:\s*[x:]\s*(\d{1,6}))?)?\s*")


def parse(text: str) -> tuple[int, ...]:
    """Frames of a comma-separated text such as ``1-10, 20, 30-50x5``, sorted, each once.

    Raises ValueError with a sentence for the artist.
    """
    return parse_all(_split(text))


def parse_all(ranges: Iterable[str]) -> tuple[int, ...]:
    """Frames of the contract's list of ranges, sorted, each once. Raises ValueError."""
    return tuple(sorted(set(chain.from_iterable(_read(ranges)))))


def ranges(frames: Iterable[int]) -> list[str]:
    """The shortest list of ranges, in the contract's form, that names exactly these frames."""
    return [name_of(run) for run in _runs_in(sorted(set(frames)))]


def runs(ranges: str | Iterable[str], most: int = MAX_FRAMES) -> tuple[range, ...]:
    """The frames of a text or of the contract's list of ranges as runs of equal steps, the same for the same frames.

    Unlike `parse_all`, it does not list the frames: a few bytes can name a million.

    Args:
        ranges: as for `parse` or `parse_all`.
        most: how many frames may be listed where ranges with steps overlap.

    Raises:
        ValueError: as `parse_all`, or `most` does not suffice.
    """
    spans = _read(_split(ranges) if isinstance(ranges, str) else ranges)
    if sum(map(len, spans)) <= 2 * len(spans):  # mostly single frames: it is quicker to list them
        return tuple(_runs_in(sorted(set(chain.from_iterable(spans)))))
    return tuple(_joined(chain.from_iterable(_apart(group, most) for group in _overlapping(spans))))


def name_of(run: range) -> str:
    """A run in the contract's form."""
    if len(run) == 1:
        return str(run[0])
    return f"{run[0]}-{run[-1]}" + (f"x{run.step}" if run.step > 1 else "")


def _split(text: str) -> Iterator[str]:
    return (part for part in re.split(r"[,;]", text) if part.strip())


def _read(parts: Iterable[str]) -> list[range]:
    found: list[range] = []
    named = 0
    for part in parts:
        found.append(_one(part))
        named += len(found[-1])  # repeated frames count too: they cost as much
        if named > MAX_FRAMES:
            raise ValueError(msg("More than {limit:,} frames.", limit=MAX_FRAMES))
    if not found:
        raise ValueError(msg("No frames given. Examples: 1-250, 7 or 1-100x5."))
    return found


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


def _overlapping(spans: list[range]) -> Iterator[list[range]]:
    """The spans in ascending order, those that overlap or interleave together."""
    first, *rest = sorted(spans, key=lambda span: span[0])
    group, last = [first], first[-1]
    for span in rest:
        if span[0] > last:
            yield group
            group = []
        group.append(span)
        last = max(last, span[-1])
    yield group


def _apart(group: Sequence[range], most: int) -> Iterable[range]:
    """The same frames in ascending spans that do not overlap."""
    if len(group) == 1:
        return group
    if all(span.step == 1 for span in group):
        return (range(group[0][0], max(span[-1] for span in group) + 1),)
    if sum(map(len, group)) > most:
        raise ValueError(msg("More than {limit:,} frames.", limit=most))
    return _runs_in(sorted(set(chain.from_iterable(group))))


def _runs_in(frames: Sequence[int]) -> Iterator[range]:
    """What `_joined` returns, of a sorted list of frames."""
    start = 0
    while start < len(frames):
        end = _run_end(frames, start)
        first, last = frames[start], frames[end]
        step = frames[start + 1] - first if end > start else 1
        if end - start == 1 and step > 1:
            end, last = start, first
        yield range(first, last + 1, step)
        start = end + 1


def _run_end(frames: Sequence[int], start: int) -> int:
    end = start + 1
    if end == len(frames):
        return start
    step = frames[end] - frames[start]
    while end + 1 < len(frames) and frames[end + 1] - frames[end] == step:
        end += 1
    return end


def _joined(spans: Iterable[range]) -> Iterator[range]:
    """Ascending spans as the longest runs, from the first frame on. Two frames with a gap are no run."""
    run = range(0)
    for span in spans:
        while span:
            step = span[0] - run[-1] if run else 0
            if not run:
                run, span = span, span[:0]
            elif len(run) == 1 or step == run.step:
                taken = span if len(span) == 1 or span.step == step else span[:1]
                run, span = range(run[0], taken[-1] + 1, step), span[len(taken) :]
            else:
                done, run = _closed(run)
                yield done
    while run:
        done, run = _closed(run)
        yield done


def _closed(run: range) -> tuple[range, range]:
    """A run that cannot be continued, and what is left of it."""
    return (run[:1], run[1:]) if len(run) == 2 and run.step > 1 else (run, range(0))
