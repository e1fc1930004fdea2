"""What people type for a server, and the address that it means."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farmhand.client.errors import LocalProblem
from farmhand.client.service import Service
from farmhand.jobs import server_address
from farmhand.jobs.journal.submission import LOCAL

API = "/api/external/v1"


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("", LOCAL),
        (" Local ", LOCAL),
        ("renderjuice", f"https://api.renderjuice.com{API}"),
        ("Renderjuice/", f"https://api.renderjuice.com{API}"),
        ("render.studio.example", f"https://render.studio.example{API}"),
        ("render.studio.example:8443/", f"https://render.studio.example:8443{API}"),
        ("localhost:8000", f"http://localhost:8000{API}"),
        ("127.0.0.1", f"http://127.0.0.1{API}"),
        ("[::1]:8000", f"http://[::1]:8000{API}"),
        ("http://studio-server:8000/farm/v1/", "http://studio-server:8000/farm/v1"),
    ],
)
def test_an_address_is_made_whole(typed: str, means: str) -> None:
    assert server_address.base_url(typed) == means


@pytest.mark.parametrize("typed", ["https://[", "https://", "ftp://server", "http://host:port", "https://host:0", "//"])
def test_what_is_no_address_is_said(typed: str) -> None:
    with pytest.raises(LocalProblem, match="is not a valid server address"):
        server_address.base_url(typed)
    assert server_address.host_of(typed) in {"", "server", "host"}
    assert not server_address.is_loopback(typed)


@given(st.text(max_size=30).map("https://".__add__) | st.text(max_size=30))
@example("https://\u2100")
@example("a b")
def test_whatever_is_typed_is_an_address_or_a_clear_error(typed: str) -> None:
    try:
        url = server_address.base_url(typed)
    except LocalProblem:
        return
    if url != LOCAL:
        assert server_address.host_of(url)
        try:
            Service(url, "key").close()
        except LocalProblem as error:  # a name or a query in it, which only the client refuses
            assert "is not a valid server address" in error.what
