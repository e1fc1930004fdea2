"""Links of a service lead to no computer that is nearer than the service, whatever name they hide it behind."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told_server import Server

from farmhand.client.errors import Malformed
from farmhand.client.network import link_targets
from farmhand.client.network.link_targets import Distance
from farmhand.client.service import Service
from farmhand.client.transfer import connections
from farmhand.client.transfer.connections import ConnectionPool
from farmhand.client.transfer.download import fetch
from farmhand.client.transfer.upload import put_file

SERVICE = "https://render.test/api"
DATA = b"a frame"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What names mean from now on; all others what they meant before."""
    known: dict[str, str] = {"render.test": "93.184.216.34"}
    usual = socket.getaddrinfo

    def look_up(host: object, *arguments: object, **options: object) -> object:
        return usual(known.get(str(host), host), *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", Distance.COMPUTER),
        ("127.8.9.1", Distance.COMPUTER),
        ("::1", Distance.COMPUTER),
        ("0.0.0.0", Distance.COMPUTER),
        ("::ffff:127.0.0.1", Distance.COMPUTER),
        ("169.254.169.254", Distance.WIRE),
        ("fe80::1%eth0", Distance.WIRE),
        ("::ffff:169.254.169.254", Distance.WIRE),
        ("10.1.2.3", Distance.NETWORK),
        ("172.31.0.1", Distance.NETWORK),
        ("192.168.1.1", Distance.NETWORK),
        ("fd00:ec2::254", Distance.WIRE),
        ("100.100.100.200", Distance.WIRE),
        ("168.63.129.16", Distance.WIRE),
        ("64:ff9b::a9fe:a9fe", Distance.WIRE),
        ("fd00:ec2::255", Distance.NETWORK),
        ("::ffff:10.1.2.3", Distance.NETWORK),
        ("100.64.0.1", Distance.SHARED),
        ("100.127.255.254", Distance.SHARED),
        ("198.18.0.1", Distance.SHARED),
        ("198.19.255.254", Distance.SHARED),
        ("0.1.2.3", Distance.NETWORK),
        ("fd7a:115c:a1e0::1", Distance.NETWORK),
        ("64:ff9b::a00:1", Distance.NETWORK),
        ("64:ff9b:1::a00:1", Distance.NETWORK),
        ("64:ff9b:1:fffe::a00:1", Distance.NETWORK),
        ("64:ff9b:1:a00:0:100::", Distance.NETWORK),
        ("64:ff9b:1:a:0:1::", Distance.NETWORK),
        ("64:ff9b:1:0:a:0:100:0", Distance.NETWORK),
        ("2002:7f00:1::", Distance.COMPUTER),
        ("2002:a00:1::1", Distance.NETWORK),
        ("2001:0:5db8:d822:0:0:f5ff:fffe", Distance.NETWORK),
        ("2001:0:a00:1:0:0:a247:27dd", Distance.NETWORK),
        ("::127.0.0.1", Distance.COMPUTER),
        ("::ffff:0:10.0.0.1", Distance.NETWORK),
        ("172.32.0.1", Distance.ELSEWHERE),
        ("93.184.216.34", Distance.ELSEWHERE),
        ("2001:4860:4860::8888", Distance.ELSEWHERE),
        ("64:ff9b::808:808", Distance.ELSEWHERE),
        ("64:ff9b:1::808:808", Distance.ELSEWHERE),
        ("64:ff9b:1:a00::5db8:d822", Distance.ELSEWHERE),
        ("64:ff9b:1:a::5db8:d80a", Distance.ELSEWHERE),
        ("2002:808:808::1", Distance.ELSEWHERE),
        ("2001:0:5db8:d822:0:0:a247:27dd", Distance.ELSEWHERE),
        ("100.63.255.254", Distance.ELSEWHERE),
        ("100.128.0.1", Distance.ELSEWHERE),
        ("198.20.0.1", Distance.ELSEWHERE),
    ],
)
def test_how_far_away_an_address_is(address: str, expected: Distance) -> None:
    assert link_targets.distance(address) is expected


@pytest.mark.parametrize(
    ("service", "target", "is_good"),
    [
        ("93.184.216.34", "10.0.0.1", False),
        ("93.184.216.34", "169.254.169.254", False),
        ("93.184.216.34", "93.184.216.35", True),
        ("10.0.0.1", "192.168.1.1", True),
        ("10.0.0.1", "169.254.169.254", False),
        ("10.0.0.1", "127.0.0.1", False),
        ("10.0.0.1", "93.184.216.34", True),
        ("93.184.216.34", "100.64.0.1", False),
        ("93.184.216.34", "2002:a00:1::1", False),
        ("100.64.0.1", "100.64.0.2", True),
        ("100.64.0.1", "192.168.1.1", False),
        ("192.168.1.1", "100.64.0.1", True),
        ("100.64.0.1", "100.100.100.200", False),
        ("100.64.0.1", "93.184.216.34", True),
        ("198.18.0.1", "198.18.0.2", True),
        ("64:ff9b::808:808", "93.184.216.34", True),
        ("127.0.0.1", "10.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
    ],
)
def test_a_link_leads_as_far_as_the_service_or_farther(
    names: dict[str, str], service: str, target: str, is_good: bool
) -> None:
    names["render.test"] = service
    if is_good:
        link_targets.check(target, SERVICE)
    else:
        with pytest.raises(Malformed, match="your own network"):
            link_targets.check(target, SERVICE)


@pytest.mark.parametrize("peer", ["93.184.216.34", "2001:4860:4860::8888"])
def test_a_service_whose_name_means_this_computer_by_now_is_where_it_was(names: dict[str, str], peer: str) -> None:
    names["render.test"] = "127.0.0.1"
    with pytest.raises(Malformed, match="your own network"):
        link_targets.check("10.0.0.1", link_targets.with_peer(SERVICE, peer))
    link_targets.check("10.0.0.1", link_targets.with_peer(SERVICE, "::ffff:192.168.1.1"))
    link_targets.check("fe80::1", link_targets.with_peer(SERVICE, "fe80::2%eth0"))


def test_a_client_knows_where_its_service_is(server: Server) -> None:
    with Service(server.url, "RJ-key") as service:
        server.answers(body=b'{"jobs": []}')
        service.list_jobs()
        assert service.peer == "127.0.0.1"


def test_a_service_whose_name_means_nothing_is_elsewhere() -> None:
    with pytest.raises(Malformed):
        link_targets.check("10.0.0.1", "https://nowhere.invalid/api")


MAPPED = pytest.param(
    "[::ffff:127.0.0.1]", marks=pytest.mark.skipif(sys.platform == "win32", reason="Wine reaches no such address")
)


@pytest.mark.parametrize("host", ["storage.test", "0.0.0.0", "127.1", "2130706433", MAPPED])
def test_nothing_is_asked_of_this_computer_by_another_name(
    names: dict[str, str], server: Server, pool: ConnectionPool, tmp_path: Path, host: str
) -> None:
    names["storage.test"] = "127.0.0.1"
    url = f"http://{host}:{server.url.rpartition(':')[2]}/secrets"
    with pytest.raises(Malformed):
        fetch(url, tmp_path / "x", pool=pool, given_by=SERVICE)
    source = tmp_path / "package"
    source.write_bytes(DATA)
    with pytest.raises(Malformed):
        put_file(url, source, pool=pool, given_by=SERVICE)
    assert not server.asked


def test_a_connection_that_another_service_may_use_is_not_lent_to_this_one(
    names: dict[str, str], server: Server, pool: ConnectionPool, tmp_path: Path
) -> None:
    names["storage.test"] = "127.0.0.1"
    server.answers(body=DATA)
    url = f"http://storage.test:{server.url.rpartition(':')[2]}/frame"
    fetch(url, tmp_path / "x", pool=pool, given_by="http://localhost:1/api")
    with pytest.raises(Malformed, match="your own network"):
        fetch(url, tmp_path / "y", pool=pool, given_by=SERVICE)
    assert len(server.asked) == 1


def test_no_redirect_leads_to_this_computer_by_another_name(
    names: dict[str, str], start: Callable[[], Server], pool: ConnectionPool, tmp_path: Path
) -> None:
    near, far = start(), start()
    names |= {"far.test": "127.0.0.1", "again.test": "127.0.0.1", "render.test": "127.0.0.1"}
    far.answers(302, Location=f"http://again.test:{near.url.rpartition(':')[2]}/secrets")
    url = f"http://far.test:{far.url.rpartition(':')[2]}/x"
    usual = pool.send

    def send(*arguments: Any) -> Any:
        answer = usual(*arguments)
        connections._thread.transfer.connection.peer = "93.184.216.34"  # this test cannot have a server there
        return answer

    pool.send = send  # type: ignore[method-assign]
    with pytest.raises(Malformed, match="your own network"):
        fetch(url, tmp_path / "x", pool=pool, given_by=SERVICE)
    assert len(far.asked) == 1 and not near.asked


def test_a_farm_of_this_computer_may_name_this_computer(
    names: dict[str, str], server: Server, pool: ConnectionPool, tmp_path: Path
) -> None:
    names["storage.test"] = "127.0.0.1"
    server.answers(body=DATA)
    url = f"http://storage.test:{server.url.rpartition(':')[2]}/frame"
    assert fetch(url, tmp_path / "x", pool=pool, given_by="http://localhost:1/api").bytes == len(DATA)
