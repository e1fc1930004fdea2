"""A job that the service has checked waits when something is wrong with it; what the service tells is kept."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from carrying import Carrying, carrying
from documented_images import png
from documented_jobs import SIZE
from documented_service import KEY, DocumentedService, serving
from documented_variants import Variant
from waiting import wait_until

from farmhand.client.network.network import NetworkSettings
from farmhand.client.retry import RetryPolicy
from farmhand.jobs.folder import job_folder, service_report
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, Stage, State, Submission

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=20.0)
EXPECTED = {"renderEngine": "CYCLES", "resolution": list(SIZE), "resolutionPercentage": 100, "frames": [1, 5, 1]}
GOOD = {"engine": "Cycles", "frame_range": [1, 5], "resolution": {"x": SIZE[0], "y": SIZE[1]}, "missingFiles": []}
MISSING = {**GOOD, "missingFiles": [{"path": "//textures/rust.png", "owner": "Rust"}]}
Start = Callable[..., tuple[DocumentedService, Carrying]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Call with what a variant is to be like: the service, and a user folder that submits to it."""
    with ExitStack() as stack:

        def start(**choices: Any) -> tuple[DocumentedService, Carrying]:
            service = stack.enter_context(serving(Variant("checked", **choices)))
            courier = stack.enter_context(carrying(tmp_path, service.url, KEY))
            courier.network = NetworkSettings()
            return service, courier

        yield start


def submit(courier: Carrying, **changes: Any) -> Submission:
    values = {"expected": EXPECTED, "output_width": SIZE[0], "output_height": SIZE[1], **changes}
    return courier.submit((1, 2, 3, 4, 5), **values)


def report(courier: Carrying, submission: Submission) -> service_report.ServiceReport:
    return service_report.read(courier.home.job(submission.id))


def test_a_file_that_is_as_it_was_sent_is_rendered_with_one_click(start: Start) -> None:
    service, courier = start(analysis=GOOD)
    assert courier.carry(submit(courier), retry=PATIENT).state is State.DONE
    assert service.job.starts == 1


def test_missing_files_make_the_job_wait_and_a_confirmation_starts_it(start: Start) -> None:
    service, courier = start(analysis=MISSING)
    waiting = courier.carry(submit(courier), retry=PATIENT)
    assert (waiting.stage, waiting.state) == (Stage.CONFIRM, State.WAITING)
    assert "Missing on the server: //textures/rust.png." in waiting.note
    assert service.count("POST /jobs/{id}/render") == 0
    assert report(courier, waiting).missing == ("//textures/rust.png",)
    assert ("Engine", "Cycles") in report(courier, waiting).analysis
    done = courier.carry(courier.answer(waiting, Request.CONFIRM), retry=PATIENT)
    assert (done.state, service.job.starts) == (State.DONE, 1)


@pytest.mark.parametrize(
    ("mode", "told", "waits"),
    [
        ("if_wrong", GOOD, False),
        ("if_wrong", None, False),
        ("if_wrong", MISSING, True),
        ("if_wrong", {**GOOD, "frame_range": [1, 250]}, True),
        ("if_wrong", {**GOOD, "engine": "EEVEE"}, True),
        ("if_wrong", {**GOOD, "resolution": "1280x720"}, True),
        ("always", GOOD, True),
        ("never", MISSING, False),
    ],
)
def test_whether_a_job_waits_is_decided_by_the_choice_and_by_what_the_service_found(
    start: Start, mode: str, told: Any, waits: bool
) -> None:
    service, courier = start(analysis=told)
    stands = courier.carry(submit(courier, ask_mode=mode), retry=PATIENT)
    assert (stands.state is State.WAITING, bool(service.count("POST /jobs/{id}/render"))) == (waits, not waits)


def test_a_file_that_was_left_out_knowingly_is_no_reason_to_wait(start: Start) -> None:
    _, courier = start(analysis=MISSING)
    known = {**EXPECTED, "missing": ["/studio/textures/rust.png"]}
    assert courier.carry(submit(courier, expected=known), retry=PATIENT).state is State.DONE


def test_a_waiting_job_is_discarded_without_a_render(start: Start) -> None:
    service, courier = start(analysis=MISSING)
    waiting = courier.carry(submit(courier), retry=PATIENT)
    courier.ask(waiting, Request.CANCEL)
    wait_until(lambda: courier.now(waiting).is_over, "the job is over")
    (service_job,) = service.jobs.values()
    assert (courier.now(waiting).state, service_job.canceled, service_job.starts) == (State.CANCELED, True, 0)


def test_settings_that_were_changed_while_it_waited_are_rendered(start: Start) -> None:
    service, courier = start(analysis=MISSING)
    waiting = courier.carry(submit(courier), retry=PATIENT)
    folder = courier.home.job(waiting.id)
    job = job_folder.read(folder)
    config = {**job.render_config, "sampleCount": 8, "frameRanges": ["2-3"]}
    job_folder.write(folder, replace(job, render_config=config, frames=[2, 3]))
    done = courier.carry(courier.answer(waiting, Request.CONFIRM), retry=PATIENT)
    assert (done.state, done.frames_total, done.frames_done) == (State.DONE, 2, 2)
    assert service.job.config == {"colorManagementPreset": "default", "sampleCount": 8, "frameRanges": ["2-3"]}


def test_what_the_service_tells_of_a_render_is_kept(start: Start) -> None:
    final = {"samples": 16, "engine": "cycles", "gpuCount": 4, "frames": ["1-5"], "notices": ["No GPU was found"]}
    _, courier = start(analysis=GOOD, final=final, failure=("Out of memory", "GPU_OOM"))
    failed = courier.carry(submit(courier, render_config={"sampleCount": 64}), retry=PATIENT)
    kept = report(courier, failed)
    assert failed.state is State.FAILED
    assert kept.used == (("Sample Count", "64", "16"), ("GPU Count", "", "4"))
    assert kept.notices == ("No GPU was found",)
    assert (kept.failed_name, kept.failed_type) == ("Out of memory", "GPU_OOM")
    assert failed.normalized_seconds == 12.5


def large(side: int) -> bytes:
    """A small PNG that unpacks to gigabytes."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 10**6)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (png(0, 32, 18), "preview.png"),
        (b"<html>not a picture</html>", ""),
        (b"BLENDER-v400" + b"\0" * 100, ""),
        (png(0, 32, 18)[:-20], ""),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * (9 * 1024 * 1024), ""),
        (large(60_000), ""),
    ],
    ids=["picture", "page", "blend", "half", "nine megabytes", "unpacks to gigabytes"],
)
def test_the_preview_is_kept_when_it_is_a_small_picture(start: Start, content: bytes, name: str) -> None:
    _, courier = start(preview=content)
    done = courier.carry(submit(courier), retry=PATIENT)
    folder = courier.home.job(done.id)
    assert (done.state, report(courier, done).preview) == (State.DONE, name)
    assert [file.name for file in folder.glob("preview*")] == ([name] if name else [])
    if name:
        assert (folder / name).read_bytes() == content


@pytest.mark.parametrize(("needs_confirm", "state"), [(True, State.WAITING), (False, State.DONE)])
def test_a_job_that_an_older_version_packed_asks_as_it_did_then(
    start: Start, needs_confirm: bool, state: State
) -> None:
    _, courier = start(analysis=MISSING)
    submission = submit(courier)
    file = courier.home.job(submission.id) / "job.json"
    job = json.loads(file.read_text(encoding="utf-8"))
    del job["ask_mode"], job["expected"]
    file.write_text(json.dumps({**job, "needs_confirm": needs_confirm}), encoding="utf-8")
    with Journal(courier.home.journal) as journal:
        journal.save(submission.with_(needs_confirm=needs_confirm))
    assert courier.carry(submission, retry=PATIENT).state is state
