"""Answers that are packed: what is read of them, and what of a service's headers is kept."""

import gzip
import json

import pytest
from told_server import JOB

from farmhand.client.errors import Malformed
from farmhand.client.service import MAX_ANSWER_BYTES

PACKED = gzip.compress(json.dumps(JOB).encode())
EMPTY = bytes.fromhex("000000ffff")
"""A block of deflate that holds nothing."""


def endless(beginning, piece, sent):
    def answer(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(beginning)
        while sum(sent) < 4 * MAX_ANSWER_BYTES:
            handler.wfile.write(piece)
            sent.append(len(piece))
        handler.close_connection = True

    return answer


def test_what_follows_a_packed_answer_is_not_read(server, service):
    sent = []
    server.answer = endless(PACKED, bytes(0x10000), sent)
    assert service.job("0b9c").id == "0b9c"
    assert sum(sent) < MAX_ANSWER_BYTES


@pytest.mark.parametrize("piece", [EMPTY * 13_107, b"x" * 0x10000], ids=["no data", "name"])
def test_a_packed_answer_that_never_holds_anything_is_given_up(server, service, piece):
    named = bytes([PACKED[0], PACKED[1], PACKED[2], 8 if piece[:1] == b"x" else 0]) + PACKED[4:10]
    sent = []
    server.answer = endless(named, piece, sent)
    with pytest.raises(Malformed, match="too large"):
        service.job("0b9c")
    assert sum(sent) < 3 * MAX_ANSWER_BYTES


def test_packed_answers_share_a_connection_and_cookies_are_not_sent_back(server, service):
    server.answers(body=PACKED, Content_Encoding="gzip", Set_Cookie="session=1; Max-Age=9999")
    for _ in range(3):
        service.job("0b9c")
    assert server.connections == 1
    assert not [asked for asked in server.asked if "Cookie" in asked.headers]


def test_a_packed_answer_is_unpacked(server, service):
    server.answers(body=gzip.compress(json.dumps(JOB).encode()), Content_Encoding="gzip")
    assert service.job("0b9c").id == "0b9c"


@pytest.mark.parametrize(("encoding", "body"), [("br", b"{}"), ("gzip", b"{}")])
def test_an_answer_that_cannot_be_unpacked_is_malformed(server, service, encoding, body):
    server.answers(body=body, Content_Encoding=encoding)
    with pytest.raises(Malformed):
        service.job("0b9c")
