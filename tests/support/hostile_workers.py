"""What a worker says that a scene has taken over: names, and how our code handled each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from farmhand.farm import plain_json
from farmhand.farm.render.backend import WorkFailed
from farmhand.farm.render.blender import answer_lines
from farmhand.farm.render.blender.worker_answers import failure, frame, record

RECORD_BYTES = 256 * 1024
SECONDS = (float("nan"), float("inf"), 1e308, -1, "x", None, [], 10**400)
LINES = ((b"[],", 5_000_000), (b"{},", 5_000_000), (b"1,", 8_000_000), (b'{"a":', 100_000), (b"[", 2_000_000))


def answers(parts: list[str]) -> Iterator[tuple[str, Callable[[], str]]]:
    """parts: of names of files."""
    for part in parts:
        yield f"file {ascii(part)[:40]}", lambda p=part: _framed([{"relativePath": p}], 1.0)
        for member in ("fileName", "view", "node"):
            told = {"relativePath": "a", member: part}
            yield f"{member} {ascii(part)[:40]}", lambda t=told: _framed([t], 1.0)
        yield f"failure {ascii(part)[:40]}", lambda p=part: _failed(p)
    for seconds in SECONDS:
        yield f"seconds {str(seconds)[:20]}", lambda s=seconds: _framed([{"relativePath": "a"}], s)
    for number, value in enumerate(_values()):
        yield f"value {number}", lambda v=value: _cleaned(v)
    for number, many in enumerate(_records()):
        yield f"analysis {number}", lambda m=many: _recorded(m)
    for begin in (b"[", b'{"a":['):
        for repeated, count in LINES:
            yield f"line {begin!r}{repeated!r}", lambda b=begin, r=repeated, c=count: _heard(b + r * c)


def _values() -> list[Any]:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    many = ["x" * 10**6, list(range(10**5))]
    return [float("nan"), "\udce4", {"\udce4": [float("inf")]}, deep, *many, b"x", object(), [10**4000] * 1000]


def _records() -> list[dict[str, Any]]:
    return [
        {f"{key:05d}{'k' * 100}": None for key in range(3000)},
        {str(key): "x" * 1500 for key in range(9000)},
        {str(key): [["x"] * 10] * 50 for key in range(200)},
        {"k" * 4000 + str(key): {"a": key} for key in range(3000)},
    ]


def _framed(files: list[dict[str, Any]], seconds: Any) -> str:
    try:
        answer = frame({"files": files, "seconds": seconds})
    except WorkFailed:
        return "refused"
    path = answer.files[0].relative_path
    assert not path.startswith("/") and ".." not in path.split("/")
    assert all(text is None or plain_json.name(text) == text for text in answer.files[0].model_dump().values())
    return "harmless"


def _failed(words: str) -> str:
    failed = failure({"name": f"No camera: {words}.\n2026-11-29 INFO", "type": words})
    assert failed.name.isprintable() and failed.type.isprintable()
    return "harmless"


def _cleaned(value: Any) -> str:
    found = plain_json.cleaned(value)
    assert plain_json.can_be_sent(found)
    assert len(json.dumps(plain_json.shrunk({"x": found}, 10_000))) <= 10_000
    return "harmless"


def _recorded(analysis: dict[str, Any]) -> str:
    answer = plain_json.cleaned({"analysis": analysis})
    assert len(json.dumps(record(answer, "analysis"))) <= RECORD_BYTES
    return "harmless"


def _heard(line: bytes) -> str:
    return "refused" if asyncio.run(answer_lines.read(line)) is None else "harmless"
