"""Only the service's own deliveries are taken, each once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmhand.client import webhooks
from farmhand.client.errors import BadDelivery, LocalProblem
from farmhand.client.webhooks import sign, verify

SECRET = "whsec-of-the-studio"
NOW = 1_800_000_000
BODY = json.dumps(
    {
        "event": "onRenderComplete",
        "status": "completed",
        "jobId": "0b9c",
        "workspaceId": "w",
        "completedAt": "2026-11-01T10:00:00Z",
        "outputs": {"frames": ["https://s/1.png?sig=a"]},
    }
).encode()


def headers(body=BODY, *, secret=SECRET, at=NOW):
    return {"X-Renderjuice-Timestamp": str(at), "X-Renderjuice-Signature": sign(secret, at, body)}


def test_the_signature_is_the_hmac_of_time_stamp_dot_body_in_hex():
    expected = hmac.new(SECRET.encode(), b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, NOW, BODY) == expected


def test_a_real_delivery_is_taken():
    delivery = verify(SECRET, headers(), BODY, now=NOW)
    assert (delivery.event, delivery.job_id, delivery.status) == ("onRenderComplete", "0b9c", "completed")
    assert delivery.outputs and delivery.outputs.frames == ["https://s/1.png?sig=a"]


def test_a_delivery_without_frames_has_no_outputs():
    body = b'{"event": "onRenderComplete", "jobId": "a", "status": "completed"}'
    assert verify(SECRET, headers(body), body, now=NOW).outputs is None


@pytest.mark.parametrize(
    "encode",
    [
        lambda digest: digest.hex(),
        lambda digest: digest.hex().upper(),
        lambda digest: base64.b64encode(digest).decode(),
        lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
    ],
)
@pytest.mark.parametrize("prefix", ["", "sha256=", "SHA256="])
def test_hex_and_base64_are_taken_with_and_without_the_algorithms_name(encode, prefix):
    digest = hmac.new(SECRET.encode(), b"%d." % NOW + BODY, hashlib.sha256).digest()
    given = {"x-renderjuice-timestamp": str(NOW), "X-RENDERJUICE-SIGNATURE": f" {prefix}{encode(digest)} "}
    assert verify(SECRET, given, BODY, now=NOW).job_id == "0b9c"


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_a_clock_five_minutes_off_is_tolerated(off):
    assert verify(SECRET, headers(), BODY, now=NOW + off)


@pytest.mark.parametrize("off", [-301, 301, 86400])
def test_a_stale_delivery_is_refused(off):
    with pytest.raises(BadDelivery, match="more than 5 minutes") as caught:
        verify(SECRET, headers(), BODY, now=NOW + off)
    assert caught.value.status == 401


def test_a_delivery_signed_with_another_secret_is_refused():
    with pytest.raises(BadDelivery, match="invalid signature"):
        verify(SECRET, headers(secret="guess"), BODY, now=NOW)


@given(position=st.integers(0, len(BODY) - 1), change=st.integers(1, 255))
def test_a_body_changed_in_any_byte_is_refused(position, change):
    forged = bytearray(BODY)
    forged[position] ^= change
    with pytest.raises(BadDelivery, match="invalid signature"):
        verify(SECRET, headers(), bytes(forged), now=NOW)


def test_an_old_delivery_with_a_new_time_stamp_is_refused():
    replayed = {**headers(at=NOW - 3600), "X-Renderjuice-Timestamp": str(NOW)}
    with pytest.raises(BadDelivery, match="invalid signature"):
        verify(SECRET, replayed, BODY, now=NOW)


@pytest.mark.parametrize("missing", ["X-Renderjuice-Timestamp", "X-Renderjuice-Signature"])
def test_a_delivery_without_its_headers_is_refused(missing):
    given = {name: value for name, value in headers().items() if name != missing}
    with pytest.raises(BadDelivery) as caught:
        verify(SECRET, given, BODY, now=NOW)
    assert caught.value.status == 401


def test_an_oversized_delivery_is_refused_before_anything_else():
    with pytest.raises(BadDelivery) as caught:
        verify(SECRET, {}, bytes(webhooks.MAX_BODY_BYTES + 1), now=NOW)
    assert caught.value.status == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"event": "x"}', b'{"event": "", "jobId": "a"}', b"[" * 100_000])
def test_a_signed_delivery_that_cannot_be_understood_is_refused(body):
    with pytest.raises(BadDelivery) as caught:
        verify(SECRET, headers(body), body, now=NOW)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "odd",
    [
        {"outputs": {"frames": None}},
        {"outputs": []},
        {"completedAt": "soon"},
        {"completedAt": {"seconds": 1}},
        {"status": 1},
        {"workspaceId": 7},
    ],
    ids=str,
)
def test_what_is_odd_beside_event_and_job_does_not_lose_a_delivery(odd):
    body = json.dumps({"event": "onRenderComplete", "jobId": "0b9c", **odd}).encode()
    delivery = verify(SECRET, headers(body), body, now=NOW)
    assert delivery.identity == ("0b9c", "onRenderComplete")
    assert (delivery.outputs, delivery.completed_at, delivery.status, delivery.workspace_id) == (None,) * 4


@pytest.mark.parametrize("at", ["soon", "-1", "1e9", "١٢٣", "9" * 30])
def test_a_signed_time_stamp_that_is_no_number_is_refused(at):
    with pytest.raises(BadDelivery):
        verify(SECRET, headers(at=at), BODY, now=NOW)


@given(signature=st.text(max_size=100), timestamp=st.text(max_size=30))
def test_no_headers_whatsoever_end_in_anything_but_a_refusal(signature, timestamp):
    given = {"X-Renderjuice-Timestamp": timestamp, "X-Renderjuice-Signature": signature}
    with pytest.raises(BadDelivery):
        verify(SECRET, given, BODY, now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        headers(at=NOW - 301), headers(at=NOW + 301), headers(at="1e9"), {**headers(), "X-Renderjuice-Signature": "aa"},
        {"X-Renderjuice-Timestamp": str(NOW)},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_headers_alone_show_is_refused_without_the_body(given):
    with pytest.raises(BadDelivery):
        webhooks.fresh_signature(given, now=NOW)


def test_nothing_is_trusted_without_a_secret():
    with pytest.raises(LocalProblem, match="No webhook secret"):
        verify("", headers(secret=""), BODY, now=NOW)
