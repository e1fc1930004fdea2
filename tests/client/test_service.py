"""Each call goes out as the contract says, and what comes back is understood or refused in plain words."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_server import JOB, KEY, reply

from farmhand.client import frame_ranges, server_jobs
from farmhand.client.errors import (
    LocalProblem,
)
from farmhand.client.models import Job, OutputSettings, RenderConfig

BASE = "/api/external/v1"


def test_the_key_goes_out_as_a_bearer_token(server, service):
    server.answers(body=JOB)
    service.job("0b9c")
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_an_upload_target_is_asked_for_by_name_and_type(server, service):
    server.answers(body={"uploadUrl": "https://s/x?sig=1", "slug": "abc", "expiresAt": "2026-11-01T10:00:00Z"})
    target = service.request_upload("shot.blend", "blend")
    assert (server.asked[0].method, server.asked[0].path) == ("POST", f"{BASE}/uploads")
    assert server.asked[0].json == {"fileName": "shot.blend", "fileType": "blend"}
    assert (target.slug, target.upload_url) == ("abc", "https://s/x?sig=1")


def test_a_file_type_that_contradicts_the_name_is_never_sent(server, service):
    with pytest.raises(LocalProblem, match=r"does not end in \.zip"):
        service.request_upload("shot.blend", "zip")
    assert not server.asked


def test_a_job_is_created_from_the_slug_alone(server, service):
    server.answers(body=JOB)
    assert service.create_job("abc").status == "created"
    assert (server.asked[0].path, server.asked[0].json) == (f"{BASE}/jobs", {"slug": "abc"})


@pytest.mark.parametrize("body", [JOB, {"data": JOB}])
def test_the_data_envelope_is_unwrapped_where_it_appears(server, service, body):
    server.answers(body=body)
    assert service.job("0b9c").id == "0b9c"


def test_unknown_fields_and_statuses_survive(server, service):
    server.answers(body={**JOB, "status": "levitating", "queuePosition": 3})
    job = service.job("0b9c")
    assert (job.status, job.is_over, job.to_wire()["queuePosition"]) == ("levitating", False, 3)


def test_a_job_id_cannot_leave_its_place_in_the_path(server, service):
    server.answers(body=JOB)
    service.cancel("../../admin?x")
    assert server.asked[0].path == f"{BASE}/jobs/..%2F..%2Fadmin%3Fx/cancel"


def test_only_overrides_are_posted_when_a_render_starts(server, service):
    server.answers(body={**JOB, "status": "booting"}, X_Idempotent_Replay="true")
    config = RenderConfig(
        frame_ranges=["1-10"], sample_count=16, output_settings=OutputSettings(color_depth="8", color_mode="RGB")
    )
    assert service.render("0b9c", config).status == "booting"
    assert server.asked[0].json == {
        "requestedRenderConfig": {
            "colorManagementPreset": "default",
            "frameRanges": ["1-10"],
            "sampleCount": 16,
            "outputSettings": {"colorDepth": "8", "colorMode": "RGB"},
        }
    }


@pytest.mark.parametrize("is_farm", [True, False])
def test_only_a_farm_is_sent_what_the_contract_does_not_know(server, service, is_farm):
    server.answers(body={**JOB, "status": "booting"}, **({"X_Farmhand_Version": "0.1.0"} if is_farm else {}))
    service.render("0b9c", RenderConfig(sample_count=16, split_frames=True, same_device=False))
    sent = server.asked[1].json["requestedRenderConfig"]
    added = {"splitFrames": True, "sameDevice": False} if is_farm else {}
    assert sent == {"colorManagementPreset": "default", "sampleCount": 16, **added}


def test_jobs_are_listed_by_page_and_status(server, service):
    server.answers(body={"jobs": [JOB], "pagination": {"page": 2, "pageSize": 1, "total": 5, "totalPages": 5}})
    page = service.list_jobs(page=2, page_size=1, status="completed")
    assert server.asked[0].path == f"{BASE}/jobs?page=2&pageSize=1&status=completed"
    assert ([job.id for job in page.jobs], page.pagination.total_pages) == (["0b9c"], 5)


@pytest.mark.parametrize(
    ("body", "frames"),
    [
        ([], []),
        ({"data": [{"jobId": "a", "framesCompleted": 3}]}, [3]),
        ({"jobId": "a", "framesCompleted": 4}, [4]),
        ([{"framesCompleted": "many"}, {"framesCompleted": 5}], [5]),
        ({"data": None}, []),
    ],
)
def test_progress_is_read_in_any_shape(server, service, body, frames):
    server.answers(body=body)
    assert [progress.frames_completed for progress in service.progress("0b9c")] == frames


def test_downloads_fall_back_to_the_legacy_lists(server, service):
    server.answers(body={"frames": ["https://s/1.png"], "compositeNodes": ["https://s/n.png"], "transforms": None})
    assert [output.url for output in service.downloads("0b9c").all_outputs()] == ["https://s/1.png", "https://s/n.png"]


@pytest.mark.parametrize("body", [b"", b"OK", {"success": True}, [], {"id": "0b9c", "status": "validating"}], ids=str)
def test_where_the_answer_of_an_action_is_no_job_the_job_itself_is_asked(server, service, body):
    job = {**JOB, "status": "validating"}
    server.answer = lambda handler, asked: reply(handler, 200, job if asked.method == "GET" else body)
    assert service.validate("0b9c").created_at is not None
    assert [asked.method for asked in server.asked] == ["POST", "GET"]


def test_json_is_read_whatever_it_calls_itself(server, service):
    server.answers(200, json.dumps(JOB).encode(), Content_Type="text/html; charset=utf-8")
    assert service.job("0b9c").id == "0b9c"


@pytest.mark.parametrize(
    "body",
    [
        [JOB, {"id": 3}, None],
        {"data": [JOB, {"id": 3}]},
        {"data": {"jobs": [JOB, 7], "pagination": None}},
        {"jobs": [JOB, {**JOB, "status": None}], "pagination": {"page": "x"}},
    ],
    ids=str,
)
def test_a_page_of_jobs_is_read_in_any_envelope_and_a_bad_job_costs_itself_alone(server, service, body):
    server.answers(body=body)
    assert [job.id for job in service.list_jobs().jobs] == ["0b9c"]


@pytest.mark.parametrize("wrap", [lambda one: {"data": one}, lambda one: {"status": "ok", "data": {"job": one}}])
def test_an_envelope_may_be_deeper_and_have_members_of_its_own(server, service, wrap):
    server.answers(body=wrap(JOB))
    assert service.create_job("abc").id == "0b9c"


@pytest.mark.parametrize("said", ["true", "True", "1"])
def test_a_replayed_start_is_told_from_a_first_one(server, service, said):
    server.answers(body=JOB, X_Idempotent_Replay=said)
    assert service.render("0b9c", RenderConfig()).is_replay
    server.answers(body=JOB)
    assert not service.render("0b9c", RenderConfig()).is_replay


@given(st.lists(st.tuples(st.integers(-20, 30), st.integers(0, 12), st.sampled_from([1, 1, 2, 3, 5])), min_size=1))
@settings(deadline=None)
def test_ranges_are_read_as_runs_without_listing_their_frames(parts):
    texts = [f"{first}-{first + length}x{step}" for first, length, step in parts]
    runs, frames = frame_ranges.runs(texts), frame_ranges.parse_all(texts)
    assert [frame for run in runs for frame in run] == [*frames]
    assert [frame_ranges.name_of(run) for run in runs] == frame_ranges.ranges(frames)
    assert frame_ranges.runs(map(str, frames)) == runs


def test_a_long_list_of_jobs_with_many_frames_is_described_at_once():
    job = Job.read({**JOB, "finalConfig": {"frameRanges": ["1-500000", "500001-1000000"]}})
    began = time.process_time()
    for _ in range(1000):
        described = server_jobs.described(job)
    assert time.process_time() - began < 2.0
    assert (described["frames"], described["frame_count"]) == ("1-1000000", 1_000_000)
    job = Job.read({**JOB, "finalConfig": {"frameRanges": [str(frame) for frame in range(1, 100_000, 2)]}})
    assert server_jobs.described(job)["frames"] == "1-99999x2"
