"""Answers that are broken, too large, or not the contract's, and what is said of them."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told_server import JOB, KEY, Server, reply

from farmhand.client import answers, error_words, plain_text
from farmhand.client.errors import (
    FarmhandError,
    LocalProblem,
    Malformed,
    NotAllowedNow,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    TooLarge,
    Unauthorized,
)
from farmhand.client.farm_nodes import FarmService
from farmhand.client.redaction import redact
from farmhand.client.service import MAX_ANSWER_BYTES, Service


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


def test_a_render_that_is_not_paid_for_sends_nobody_to_the_server_address(server, service):
    server.answers(402, {"message": "Not enough credits"})
    with pytest.raises(Refused, match=r"requires payment .*Not enough credits") as caught:
        service.all_progress()
    assert "credits" in caught.value.advice and "address" not in caught.value.advice


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


def test_a_date_in_retry_after_is_meant_by_the_services_clock(server, service):
    def answer(handler, asked):
        ahead = time.time() + 3600
        handler.date_time_string = lambda: email.utils.formatdate(ahead, usegmt=True)
        reply(handler, 429, Retry_After=email.utils.formatdate(ahead + 30, usegmt=True))

    server.answer = answer
    with pytest.raises(RateLimited) as caught:
        service.all_progress()
    assert caught.value.retry_after == 30.0


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b'{"id": 3}', b"[]", b"null", b'{"data": 7}', b"\xff\xfe"])
def test_an_answer_that_is_not_the_contracts_is_malformed(server, service, body):
    server.answers(200, body)
    with pytest.raises(Malformed):
        service.job("0b9c")


@pytest.mark.parametrize("text", ['{"analysis": "\ud800"}', '{"\ud800": "\udfff"}'])
def test_an_answer_that_is_not_strictly_utf_8_is_malformed(server, service, text):
    told = json.dumps(JOB)[:-1] + ", " + text[1:]
    for body in (told.encode("utf-8", "surrogatepass"), json.dumps(JOB).encode("utf-16")):
        server.answers(200, body)
        with pytest.raises(Malformed):
            service.job("0b9c")


def test_a_lone_surrogate_in_a_text_of_json_can_be_written_too():
    for told in (r'{"a\ud800": "\udfff"}', json.dumps(r'{"a\ud800": "\udfff"}')):
        found = answers.decoded_member(answers.decoded(told))
        assert json.dumps(found, ensure_ascii=False).encode() and list(found) == ["a&#55296;"]


@pytest.mark.parametrize("opened, closed", [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_deeper_than_anything_real_is_left_out(server, service, opened, closed):
    inner = opened * 700 + ("1" if closed == "}" else "") + closed * 700
    server.answers(200, (json.dumps(JOB)[:-1] + f', "analysis": {inner}}}').encode())
    found, depth = service.job("0b9c").analysis, 0
    while found:
        found, depth = (found["a"] if isinstance(found, dict) else found[0]), depth + 1
    assert 60 < depth <= answers.MAX_DEPTH


@pytest.mark.parametrize(
    "call, body",
    [
        ("all_progress", b"[" + b",".join([b'{"total":1}'] * 100_001) + b"]"),
        ("job", b'{"data":[' + b",".join([b"[]"] * 600_000) + b"]}"),
        ("list_jobs", b"[" + b",".join([b"{}"] * 20_001) + b"]"),
        ("downloads", b'{"frameOutputs":[' + b",".join([b'{"url":"h"}'] * 262_145) + b"]}"),
        ("downloads", b'{"frames":[' + b",".join([b'"h"'] * 262_145) + b"]}"),
        ("nodes", b'{"nodes":[' + b",".join([b'{"id":"a","name":"b"}'] * 20_001) + b"]}"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_small_answer_with_more_entries_than_anything_real_is_refused_before_it_costs_memory(
    server, network, call, body
):
    server.answers(200, body)
    with FarmService(server.url, KEY, network=network) as service, pytest.raises(Malformed, match="too large"):
        getattr(service, call)(*(["0b9c"] if call in ("job", "downloads") else []))


def test_the_counters_of_each_frame_of_a_long_job_are_read(server, service):
    server.answers(body=[{"frame": frame, "status": "done"} for frame in range(100_000)])
    assert len(service.progress("0b9c")) == 100_000


def test_both_lists_of_a_long_job_are_read_even_if_its_length_is_unknown(server, service):
    links = [f"http://farm/{frame:06d}.png" for frame in range(100_000)]
    server.answers(body={"frames": links, "frameOutputs": [{"url": link} for link in links]})
    assert len(service.downloads("0b9c").all_outputs(is_final=True)) == 100_000


@pytest.mark.parametrize("wrong", ["a\x1b[2J", "a\u202eb", "x" * 201, "a\nb", " a"])
def test_an_id_that_cannot_be_shown_is_not_taken(server, service, wrong):
    server.answers(body=JOB | {"id": wrong})
    with pytest.raises(Malformed):
        service.create_job("slug")
    server.answers(body={"jobs": [JOB | {"id": wrong}, JOB]})
    assert [job.id for job in service.list_jobs().jobs] == ["0b9c"]


def test_a_web_page_in_place_of_an_answer_is_named_as_such(server, service):
    server.answers(200, b"<html><head><title>Hotel Wi-Fi</title></head></html>", Content_Type="text/html")
    with pytest.raises(Malformed, match="Hotel Wi-Fi"):
        service.job("0b9c")


def test_the_key_is_in_no_error_even_if_the_service_echoes_it(server, service):
    server.answers(403, {"message": f"Bad token {KEY} in Authorization: Bearer {KEY}"})
    with pytest.raises(Unauthorized) as caught:
        service.job("0b9c")
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {service!r}"


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
        (b"<html><head><style>b{}</style></head><!-- <h1>old</h1> --><h1>New</h1><script>'<h1>'</script>", "New"),
        (b"<head><title></title><h1>Open", "Open"),
        (b"", ""),
    ],
)
def test_an_errors_words_are_found_in_any_form(body, words):
    assert error_words.words_of(body) == words


PIECES = ["<h1>", "<h1 ", "</h1 ", "<!--", "<script>", "<?x ", "<title><", "&#1;", "x", "?a=", "https://"]


@pytest.mark.parametrize("piece", PIECES)
def test_the_words_of_a_hostile_body_are_found_at_once(piece):
    body = b"<" + piece.encode() * (64 * 1024 // len(piece))
    started = time.thread_time()
    assert len(error_words.words_of(body)) <= error_words.MAX_WORDS
    assert time.thread_time() - started < 2


@pytest.mark.parametrize("number", ["&#" + "9" * 5000, "&#" + "9" * 5000 + ";", "&#x" + "f" * 5000])
def test_the_number_of_a_character_may_be_of_any_length(server, service, number):
    for body in (number.encode(), {"message": number}):
        server.answers(400, body)
        with pytest.raises(NotAllowedNow):
            service.job("0b9c")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/" + b"a" * 60_000,
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/" + KEY.encode(),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: \x1b]0;owned\x07" + b"x" * 60_000,
        b"\x1b]0;owned\x07 " * 5000,
    ],
)
def test_what_an_error_quotes_is_one_short_line_without_the_key(server, service, head):
    server.answer = lambda handler, asked: handler.wfile.write(head + b"\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(FarmhandError) as caught:
        service.job("0b9c")
    what = caught.value.what
    assert what.isprintable() and len(what) < 2 * plain_text.MAX_WORDS and KEY not in what


def test_a_long_text_is_redacted_as_fast_as_it_is_read():
    started = time.thread_time()
    assert redact(f"https://h/?b=secret {'a' * 50_000}").startswith("https://h/?b=… aaa")
    assert time.thread_time() - started < 2


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
    with pytest.raises(Malformed, match="too large"):
        service.job("0b9c")
    assert sum(sent) < 3 * MAX_ANSWER_BYTES


def test_links_may_fill_more_than_other_answers(server, service, monkeypatch):
    monkeypatch.setattr("farmhand.client.service.MAX_ANSWER_BYTES", 10_000)
    server.answers(body={"frames": [], "padding": "x" * 20_000})
    service.downloads("0b9c")
    with pytest.raises(Malformed, match="too large"):
        service.job("0b9c")


def test_the_list_of_a_long_job_may_be_as_long_as_its_frames_need_and_no_longer(server, service, monkeypatch):
    monkeypatch.setattr("farmhand.client.service.MAX_DOWNLOADS_BYTES", 10_000)
    links = [f"https://storage.example/{frame:05d}.png?token={'x' * 1500}" for frame in range(100)]
    server.answers(body={"frames": links, "frameOutputs": [{"url": link} for link in links]})
    assert len(service.downloads("0b9c", 100).all_outputs()) == 100
    with pytest.raises(Malformed, match="too large"):
        service.downloads("0b9c", 10)
    monkeypatch.setattr("farmhand.client.service.LONGEST_DOWNLOADS_BYTES", 20_000)
    with pytest.raises(Malformed, match="too large"):
        service.downloads("0b9c", 10**9)


def test_an_answer_that_grows_when_it_is_unpacked_costs_no_more_memory_than_others(server, service):
    server.answers(body=gzip.compress(b"[" * 200_000_000, 1), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(Malformed, match="too large"):
            service.job("0b9c")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * MAX_ANSWER_BYTES
