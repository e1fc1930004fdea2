"""Each call goes out as the contract says, and what comes back is understood or refused in plain words."""

from __future__ import annotations

import gzip
import json
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running_farm import wait_until
from stopping import canceled, canceling, waiting_threads
from told_server import KEY, Server, reply

from farmhand.client import error_messages
from farmhand.client.cancellation import cancellable
from farmhand.client.errors import (
    FarmhandError,
    LocalProblem,
    Malformed,
    NotAllowedNow,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Stopped,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from farmhand.client.models import OutputSettings, RenderConfig
from farmhand.client.network import NetworkSettings
from farmhand.client.redaction import redact
from farmhand.client.service import HEARD_SECONDS, MAX_ANSWER_BYTES, Service

JOB = {
    "id": "0b9c",
    "status": "created",
    "workspaceId": "w",
    "createdAt": "2026-11-01T10:00:00Z",
    "updatedAt": "2026-11-01T10:00:00.123Z",
}
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


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, NotAllowedNow),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (405, Refused),
        (409, NotAllowedNow),
        (410, NotFound),
        (413, TooLarge),
        (422, NotAllowedNow),
        (429, RateLimited),
        (408, ServerFault),
        (425, ServerFault),
        (500, ServerFault),
        (503, ServerFault),
    ],
)
def test_each_status_has_its_error_with_the_fact_the_meaning_and_the_advice(server, service, status, kind):
    server.answers(status, {"error": {"code": "x", "message": "Because of the moon"}})
    with pytest.raises(kind) as caught:
        service.validate("0b9c")
    error = caught.value
    assert type(error) is kind and error.status == status
    assert "Because of the moon" in error.what and error.meaning and error.advice


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


def test_an_unauthorized_call_without_a_key_says_that_none_is_set(server, network):
    server.answers(401)
    with Service(server.url, network=network) as service, pytest.raises(Unauthorized, match="none is set"):
        service.all_progress()


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("-3", 0.0), ("soon", None), ("nan", None), ("", None)])
def test_the_wait_that_the_service_asks_for_is_carried(server, service, value, seconds):
    server.answers(429, Retry_After=value)
    with pytest.raises(RateLimited) as caught:
        service.all_progress()
    assert caught.value.retry_after == seconds


def test_a_date_in_retry_after_becomes_seconds(server, service):
    server.answers(503, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")
    with pytest.raises(ServerFault) as caught:
        service.all_progress()
    assert caught.value.retry_after == 0.0


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b'{"id": 3}', b"[]", b"null", b'{"data": 7}', b"\xff\xfe"])
def test_an_answer_that_is_not_the_contracts_is_malformed(server, service, body):
    server.answers(200, body)
    with pytest.raises(Malformed):
        service.job("0b9c")


def test_a_web_page_in_place_of_an_answer_is_named_as_such(server, service):
    server.answers(200, b"<html><head><title>Hotel Wi-Fi</title></head></html>", Content_Type="text/html")
    with pytest.raises(Malformed, match="Hotel Wi-Fi"):
        service.job("0b9c")


def test_the_key_is_in_no_error_even_if_the_service_echoes_it(server, service):
    server.answers(403, {"message": f"Bad token {KEY} in Authorization: Bearer {KEY}"})
    with pytest.raises(Unauthorized) as caught:
        service.job("0b9c")
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {service!r}"


def test_a_redirect_to_another_host_is_not_followed_and_gets_no_key(server, service, other_server):
    server.answers(307, Location=f"{other_server.url}/elsewhere")
    with pytest.raises(Refused, match="redirects to"):
        service.job("0b9c")
    assert not other_server.asked


def test_a_redirect_at_the_same_address_is_followed_with_key_and_body(server, service):
    def answer(handler, asked):
        if asked.path.endswith("/new"):
            reply(handler, 200, JOB)
        else:
            reply(handler, 308, Location=f"{asked.path}/new")

    server.answer = answer
    service.create_job("abc")
    assert server.asked[1].headers["Authorization"] == f"Bearer {KEY}"
    assert server.asked[1].json == {"slug": "abc"}


def test_redirects_without_end_are_given_up(server, service):
    server.answer = lambda handler, asked: reply(handler, 302, Location=asked.path)
    with pytest.raises(Refused, match="in a loop"):
        service.job("0b9c")


def test_a_closed_port_is_unreachable_and_says_so(network, closed_port):
    with (
        Service(f"http://127.0.0.1:{closed_port}", KEY, network=network) as service,
        pytest.raises(Unreachable, match="refused the connection") as caught,
    ):
        service.job("0b9c")
    assert caught.value.is_transient


def test_an_unknown_name_is_unreachable_and_says_so(network):
    with (
        Service("http://nowhere.invalid", KEY, network=network) as service,
        pytest.raises(Unreachable, match=r"nowhere\.invalid could not be found"),
    ):
        service.job("0b9c")


def test_a_silent_server_is_given_up_after_the_time_limit(server):
    server.answer = lambda handler, asked: server.over.wait()
    with (
        Service(server.url, network=NetworkSettings(silence_seconds=0.2)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")


def test_an_answer_that_drips_is_given_up_after_the_time_limit(server):
    def drip(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.over.wait(0.05):
            handler.wfile.write(b" ")

    server.answer = drip
    with (
        Service(server.url, network=NetworkSettings(call_seconds=0.3)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")


def test_headers_that_drip_are_given_up_after_the_time_limit_and_nothing_is_left_waiting(server):
    def drip(handler, asked):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not server.over.wait(0.05):
            handler.wfile.write(b"x")

    server.answer = drip
    before = waiting_threads()
    with (
        Service(server.url, network=NetworkSettings(call_seconds=0.3)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")
    wait_until(lambda: waiting_threads() <= before, 5, "the call has ended")


def test_a_call_in_a_black_hole_is_given_up_when_it_is_not_wanted_any_more(server, network):
    server.answer = lambda handler, asked: server.over.wait()
    asked_at = time.monotonic() + 0.2
    with (
        Service(server.url, network=NetworkSettings()) as service,
        canceling(0.2) as cancel,
        cancellable(cancel),
        pytest.raises(Stopped),
    ):
        service.job("0b9c")
    assert time.monotonic() - asked_at < HEARD_SECONDS


def test_a_call_that_is_answered_is_heard_even_if_it_is_not_wanted_any_more(server, service):
    server.answers(body=JOB)
    with cancellable(canceled()):
        assert service.job("0b9c").id == "0b9c"


def test_a_call_that_is_given_up_disturbs_no_other(server):
    called = threading.Event()

    def answer(handler, asked):
        called.set()
        server.over.wait(1.0 if asked.path.endswith("good") else None)
        reply(handler, 200, JOB)

    server.answer = answer
    with Service(server.url, network=NetworkSettings(call_seconds=3)) as service, ThreadPoolExecutor(1) as pool:
        good = pool.submit(service.job, "good")
        assert called.wait(5)
        with cancellable(canceled()), pytest.raises(Stopped):
            service.job("bad")
        assert good.result().id == "0b9c"


@pytest.mark.parametrize("address", ["", "ftp://x", "https://", "renderjuice", "https://u:p@h/", "https://h/?a=1"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(address):
    with pytest.raises(LocalProblem, match="not a valid server address"):
        Service(address, KEY)


@pytest.mark.parametrize("key", ["RJ-a\nX-Evil: 1", "RJ-ä", "RJ a"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key):
    with pytest.raises(LocalProblem) as caught:
        Service("https://h", key)
    assert key not in str(caught.value)


@given(body=st.binary(max_size=400), status=st.sampled_from([200, 201, 302, 400, 401, 404, 418, 429, 500]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_whatsoever_ends_in_anything_but_our_errors(server: Server, service: Service, body, status):
    server.answers(status, body)
    for call in (lambda: service.job("a"), service.all_progress, service.list_jobs):
        try:
            call()
        except FarmhandError as error:
            assert error.what


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "no"}', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"error": {"code": 7, "message": "no"}}', "no"),
        (b'{"errors": ["one", {"detail": "two"}]}', "one; two"),
        (b'{"detail": [{"loc": ["body", "slug"], "msg": "Field required"}]}', "body.slug: Field required"),
        (b'{"unknown": 1}', ""),
        (b"plain\n\twords", "plain words"),
        (b"<html><head><title>502 Bad &amp; Gateway</title></head><body>x</body></html>", "502 Bad & Gateway"),
        (
            b"<?xml?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            "Request has expired",
        ),
        (b"<p>Only <b>this</b></p>", "Only this"),
        (b"", ""),
    ],
)
def test_an_errors_words_are_found_in_any_form(body, words):
    assert error_messages.words_of(body) == words


def test_signed_links_and_keys_are_redacted_anywhere():
    text = f"GET https://s3/x.png?X-Amz-Signature=abc&y=1 with Bearer {KEY} to http://me:pw@proxy"
    assert redact(text) == "GET https://s3/x.png?X-Amz-Signature=…&y=1 with Bearer … to http://…@proxy"
    assert redact("key RJ-abcdefgh, token FH-abcdefgh") == "key RJ-…, token FH-…"
    assert redact("/storage/x?expires=1800000000&signature=00ff") == "/storage/x?expires=…&signature=…"
    assert redact("https://s3/x.png?AKIA7/secret") == "https://s3/x.png?…"
    assert redact("Is that intended?") == "Is that intended?"


def test_an_answer_that_does_not_end_is_given_up_early(server, service):
    sent = []

    def answer(handler, asked):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"[" * 0x10000)
            sent.append(0x10000)

    server.answer = answer
    with pytest.raises(Malformed, match="never ends"):
        service.job("0b9c")
    assert sum(sent) < 3 * MAX_ANSWER_BYTES


def test_links_may_fill_more_than_other_answers(server, service, monkeypatch):
    monkeypatch.setattr("farmhand.client.service.MAX_ANSWER_BYTES", 10_000)
    server.answers(body={"frames": [], "padding": "x" * 20_000})
    service.downloads("0b9c")
    with pytest.raises(Malformed, match="never ends"):
        service.job("0b9c")


def test_an_answer_that_grows_when_it_is_unpacked_costs_no_more_memory_than_others(server, service):
    server.answers(body=gzip.compress(b"[" * 200_000_000, 1), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(Malformed, match="never ends"):
            service.job("0b9c")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * MAX_ANSWER_BYTES


def test_a_packed_answer_is_unpacked(server, service):
    server.answers(body=gzip.compress(json.dumps(JOB).encode()), Content_Encoding="gzip")
    assert service.job("0b9c").id == "0b9c"


@pytest.mark.parametrize(("encoding", "body"), [("br", b"{}"), ("gzip", b"{}")])
def test_an_answer_that_cannot_be_unpacked_is_malformed(server, service, encoding, body):
    server.answers(body=body, Content_Encoding=encoding)
    with pytest.raises(Malformed):
        service.job("0b9c")
