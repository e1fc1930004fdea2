"""Where the links of a service may lead: never nearer to this computer than the service itself is.

A host name proves nothing, since its owner can change its address at any moment. So the peer address of the open
connection is checked before anything is sent. Links to storage elsewhere on the internet are normal.
"""

from __future__ import annotations

import enum
import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from ..errors import Malformed
from .loopback import is_loopback

_OWN_NETWORK = tuple(
    ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")
)


class Distance(enum.IntEnum):
    """How far away an address is. WIRE: link-local, as are the metadata services of cloud machines."""

    COMPUTER = 0
    WIRE = 1
    NETWORK = 2
    ELSEWHERE = 3


def distance(address: str) -> Distance:
    """address: an IP address, as sockets name it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback or ip.is_unspecified:
        return Distance.COMPUTER
    if ip.is_link_local or ip.is_multicast:
        return Distance.WIRE
    is_own = any(ip.version == network.version and ip in network for network in _OWN_NETWORK)
    return Distance.NETWORK if is_own else Distance.ELSEWHERE


def address(url: str, given_by: str) -> str:
    """A link in its normal form. given_by: the address it came from; a remote host may not link to this computer.

    Raises Malformed: it is not a web address, or may not lead there.
    """
    with suppress(ValueError, HTTPError):
        parts = parse_url(url)._replace(fragment=None)
        host = (parts.host or "").strip("[]")
        is_ours = given_by and is_loopback(host) and not is_loopback(urlsplit(given_by).hostname or "")
        if parts.scheme in ("http", "https") and host and not is_ours:
            return parts._replace(path=parts.path or "/").url
    raise Malformed(
        "The server sent a link that is not a valid web address.",
        "The file cannot be transferred.",
        "Request a new link and try again. If the error persists, report it to the service.",
    )


def check(address: str, given_by: str) -> None:
    """address: the peer's. given_by: the address of the service that gave the link. Raises Malformed."""
    found = distance(address)
    if found is Distance.ELSEWHERE or found >= _distance_of_service(given_by):
        return
    raise Malformed(
        "The server sent a link to a computer on your own network.",
        "The file cannot be transferred.",
        "Request a new link and try again. If the error persists, report it to the service.",
    )


def _distance_of_service(url: str) -> Distance:
    """Of the service's nearest address; ELSEWHERE if its name cannot be resolved."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return Distance.ELSEWHERE
    return min((distance(str(each[4][0])) for each in found), default=Distance.ELSEWHERE)
