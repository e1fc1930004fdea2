"""Answers that a hostile service gives, and what Farmhand makes of them: part of hostile_inputs.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from farmhand.client import answers, server_jobs
from farmhand.client.models import Downloads, Job, JobPage, RenderConfig
from farmhand.client.plain_text import MAX_WORDS
from farmhand.client.progress import of_job, read_progress
from farmhand.courier.pipeline import analysis, expectation, members, on_hold, started_elsewhere
from farmhand.jobs.folder.job_folder import JobFile, Output, Package

JOB = {"id": "a", "workspaceId": "w", "createdAt": "2026-11-01T10:00:00Z", "updatedAt": "2026-11-01T10:00:00Z"}
_EXPECTED = {"renderEngine": "CYCLES", "resolution": [64, 36], "resolutionPercentage": 100, "frames": [1, 10, 1]}
_SENT = JobFile(
    id="1",
    name="shot",
    server_url="",
    blend="",
    scene="Scene",
    camera="",
    view_layer="",
    blender=[],
    blender_version="",
    package=Package("a.blend", "blend", "a.blend", 1, ""),
    output=Output("/render"),
    render_config={},
    frames=[1],
    expected=_EXPECTED,
)


def told() -> Iterator[tuple[str, Callable[[], str]]]:
    """What stands in an answer where any JSON may: a name, and what makes it."""
    for depth in (65, 700, 100_000):
        yield f"list in {depth} lists", lambda d=depth: "[" * d + "]" * d
        yield f"object in {depth} objects", lambda d=depth: '{"a":' * d + "1" + "}" * d
    for value in (r"\ud800", r"\u001b[2J\u202e", r"\u009b", "\udcff", "x" * 100_000, r"{\"\\ud800\":1}", "[" * 700):
        yield f"value {value[:12]!a}", lambda v=value: f'{{"engine":"{v}","notices":["{v}"],"missing":["{v}"]}}'
        yield f"name {value[:12]!a}", lambda v=value: f'{{"{v}":"{v}","outputSettings":{{"{v}":1}}}}'
        yield f"text {value[:12]!a}", lambda v=value: f'"{v}"'
    for number in ("1e999", "NaN", "9" * 400, "-" + "9" * 4000, "9" * 5000):
        yield f"number {number[:8]}", lambda n=number: f'{{"resolution":[{n},{n}],"frameEnd":{n},"fps":{n}}}'
    for ranges in ('["1-1000000"]', '["1-999999x2","2-499999x2"]', _list('"1"', 300_000)):
        yield f"ranges {ranges[:12]}", lambda r=ranges: f'{{"frameRanges":{r}}}'
    for entry in ("{}", '{"missing":true}', '{"name":"Scene"}', '{"name":"X"}', "null", "[]", '"a"'):
        for name in ("scenes", "images", "missing", "notices", "x"):
            yield f"20,000 of {entry} in {name}", lambda e=entry, n=name: _crowd(n, e)
    yield "100,000 members", lambda: "{" + ",".join(f'"a{number}":null' for number in range(100_000)) + "}"


def lists() -> Iterator[tuple[str, Callable[[], str]]]:
    """Answers that are long lists of short entries."""
    for entry in ("{}", "[]", '"h"', '{"total":1}', '{"url":"h"}', json.dumps({**JOB, "status": "created"})):
        for before, after in (("", ""), ('{"frames":', "}"), ('{"frameOutputs":', "}"), ('{"data":', "}")):
            yield f"{before}8,000 of {entry[:12]}", lambda e=entry, b=before, a=after: b + _list(e, 8_000) + a
        yield f"8 MiB of {entry[:12]}", lambda e=entry: _list(e, 2**23 // len(e) - 1)


def _list(entry: str, count: int) -> str:
    return "[" + ",".join([entry] * count) + "]"


def _crowd(name: str, entry: str) -> str:
    return f'{{"{name}":{_list(_list(entry, 1000), 10)},"data":{{"{name}":{_list(entry, 10_000)}}}}}'


def handle_told(value: str) -> str:
    """A job that says this of its file, its settings and its status."""
    parts = [*(f'"{name}":{value}' for name in ("analysis", "finalConfig", "requestedConfig")), '"status":"\\u001b"']
    body = (json.dumps(JOB)[:-1] + "," + ",".join(parts) + "}").encode("utf-8", "surrogateescape")
    try:
        job = Job.read(answers.unwrapped(answers.decoded(body), Job.marks))
    except (ValueError, RecursionError, answers.Oversized):
        return "refused"
    found = members.find(job.analysis, "Scene")
    lines = [
        *(text for line in analysis.facts(job.analysis) for text in line),
        *analysis.missing_files(found),
        *analysis.notices(found),
        *map(str, expectation.unexpected(job.analysis, _SENT)),
        on_hold.advice(job.status),
        server_jobs.described(job)["frames"],
    ]
    note = started_elsewhere.report(job.requested_config, RenderConfig(frame_ranges=["1-3"]), was_tried=False)
    for line in (*lines, note):
        assert line.isprintable(), line[:100]
        assert len(line) <= (2 if line is note else 4) * MAX_WORDS, len(line)
    return "harmless"


def handle_list(body: str) -> str:
    """Counters, links and a page of jobs."""
    try:
        answer = answers.decoded(body.encode())
        of_job(read_progress(answer), "a", asked_alone=True)
        for job in JobPage.read(answers.page_of_jobs(answer)).jobs:
            server_jobs.described(job)
        Downloads.read(answers.unwrapped(answer, Downloads.marks)).all_outputs(is_final=True)
    except (ValidationError, answers.Oversized):
        return "refused"
    return "harmless"
