"""Files are downloaded whole, resume where they broke off, and stop when they are asked to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ranges import DATA, ETAG, once, serves_ranges
from told_server import reply

from farmhand.client.errors import (
    Unreachable,
)
from farmhand.client.transfer.download import fetch

pytestmark = pytest.mark.parametrize("scheme", ["http", "https"])


def test_a_download_asks_for_the_bytes_as_they_are_and_sends_no_key(server, pool, part):
    serves_ranges(server)
    assert fetch(server.url, part, pool=pool, expected_bytes=len(DATA)).bytes == len(DATA)
    assert part.read_bytes() == DATA
    assert set(server.asked[0].headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


def test_a_download_that_broke_goes_on_from_where_it_broke(server, pool, part):
    serves_ranges(server, cut=once(1_000_000))
    with pytest.raises(Unreachable):
        fetch(server.url, part, pool=pool)
    arrived = part.stat().st_size
    assert fetch(server.url, part, pool=pool).resumed_at == arrived
    assert server.asked[1].headers["Range"] == f"bytes={arrived}-"
    assert part.read_bytes() == DATA


@given(cuts=st.lists(st.integers(0, 60_000), max_size=5), size=st.integers(0, 60_000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_a_download_breaks_it_ends_with_the_same_bytes_and_none_sent_twice(server, pool, part, cuts, size):
    part.unlink(missing_ok=True)
    data = DATA[:size]
    sent = []
    breaks = iter(cuts)
    serves_ranges(server, data, cut=lambda: next(breaks, len(data)), sent=sent)
    for left in reversed(range(len(cuts) + 1)):
        try:
            fetch(server.url, part, pool=pool, expected_bytes=size)
            break
        except Unreachable:
            assert left
    assert part.read_bytes() == data
    assert sum(sent) == size


def test_a_whole_file_leaves_nothing_beside_it(server, pool, part):
    serves_ranges(server, cut=once(1_000_000))
    with pytest.raises(Unreachable):
        fetch(server.url, part, pool=pool)
    fetch(server.url, part, pool=pool)
    assert list(part.parent.iterdir()) == [part]


def test_a_file_that_changed_at_the_server_starts_anew(server, pool, part):
    serves_ranges(server, cut=once(1_000_000))
    with pytest.raises(Unreachable):
        fetch(server.url, part, pool=pool)
    serves_ranges(server, data=DATA[::-1], etag='"v2"')
    assert fetch(server.url, part, pool=pool).resumed_at == 0
    assert part.read_bytes() == DATA[::-1]


@pytest.mark.parametrize("deeds", range(3))
def test_a_death_between_two_versions_of_a_file_never_mixes_them(server, pool, part, monkeypatch, deeds):
    part.write_bytes(DATA[:1_000_000])
    part.with_name(f"{part.name}.version").write_text(ETAG)
    new = DATA[::-1]
    serves_ranges(server, data=new, etag='"v2"')
    with monkeypatch.context() as context, pytest.raises(SystemExit):
        context.setattr("farmhand.client.transfer.download.NOTE_EARLY_BYTES", 1000)
        dies_after(deeds, type(part), context)
        fetch(server.url, part, pool=pool)
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == new


def dies_after(deeds, kind, context):
    """From so many changes of files on, the process can make none any more."""
    left = iter(range(deeds))

    def dying(deed):
        def act(path, mode="", *more, **named):
            if "r" not in mode and next(left, None) is None:
                raise SystemExit
            return deed(path, *((mode,) if mode else ()), *more, **named)

        return act

    context.setattr(kind, "open", dying(kind.open))
    context.setattr(kind, "unlink", dying(kind.unlink))


def test_a_server_that_goes_on_with_another_version_is_asked_for_all_of_it(server, pool, part):
    part.write_bytes(DATA[:1_000_000])
    part.with_name(f"{part.name}.version").write_text(ETAG)
    new = DATA[::-1]

    def answer(handler, asked):
        if "Range" not in asked.headers:
            return reply(handler, 200, new, ETag='"v2"')
        rest, place = new[1_000_000:], f"bytes 1000000-{len(new) - 1}/{len(new)}"
        return reply(handler, 206, rest, ETag='"v2"', Content_Range=place)

    server.answer = answer
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == new


def test_a_small_file_costs_no_more_of_the_disk_than_its_writing(server, pool, part, monkeypatch):
    serves_ranges(server, data=b"frame")
    monkeypatch.setattr(type(part), "unlink", lambda *_, **__: pytest.fail("there was nothing to remove"))
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == b"frame"


def test_a_partial_file_that_is_already_whole_is_taken(server, pool, part):
    serves_ranges(server)
    part.write_bytes(DATA)
    part.with_name(f"{part.name}.version").write_text(ETAG)
    assert fetch(server.url, part, pool=pool).resumed_at == len(DATA)
    assert part.read_bytes() == DATA


def test_a_partial_file_longer_than_the_servers_starts_anew(server, pool, part):
    serves_ranges(server)
    part.write_bytes(DATA + b"more")
    part.with_name(f"{part.name}.version").write_text(ETAG)
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == DATA


def test_a_partial_file_of_unknown_version_starts_anew(server, pool, part):
    serves_ranges(server)
    part.write_bytes(b"from another time")
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == DATA


def test_a_large_file_can_be_gone_on_with_even_after_a_kill(server, pool, part, monkeypatch):
    monkeypatch.setattr("farmhand.client.transfer.download.NOTE_EARLY_BYTES", 1000)
    serves_ranges(server)
    notes = []
    fetch(
        server.url,
        part,
        pool=pool,
        on_progress=lambda _: notes.append((part.parent / f"{part.name}.version").exists()),
    )
    assert all(notes)


def test_one_connection_serves_many_files(server, pool, part):
    serves_ranges(server, data=b"frame")
    for _ in range(5):
        fetch(server.url, part, pool=pool)
    assert server.connections == 1


def test_links_to_any_number_of_origins_are_followed_and_few_remembered(server, pool, part):
    serves_ranges(server, data=b"frame")
    for number in range(100):
        fetch(server.url.replace("://", f"://u{number}@"), part, pool=pool)
    assert len(server.asked) == 100 and server.connections == 1
    assert len(pool._by_origin) < 100 and len(pool._managers) < 3
