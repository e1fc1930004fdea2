"""Where the links of a service may lead: never nearer to this computer than the service itself is.

A host name proves nothing, since its owner can change its address at any moment. So the peer address of the open
connection is checked before anything is sent. Links to storage elsewhere on the internet are normal.
"""

from __future__ import annotations

import enum
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from ..errors import Malformed
from .loopback import is_loopback

_OWN_NETWORK = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
        *("0.0.0.0/8", "192.0.0.0/24", "240.0.0.0/4"),  # not on the internet, though systems may route them
    )
)
_SHARED = tuple(ipaddress.ip_network(each) for each in ("100.64.0.0/10", "198.18.0.0/15"))
_OF_THE_MACHINE = frozenset(
    ipaddress.ip_address(each)
    for each in (
        *("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "fd00:42::42"),
        "100.100.100.100",
    )
)
"""Metadata services of Alibaba, Azure, Oracle, AWS, Google and Scaleway; Tailscale's service on each computer."""
_EMBEDDING = tuple(
    (ipaddress.IPv6Network(network), shift)
    for network, shift in (
        *(("::/96", 0), ("::ffff:0:0/96", 0), ("::ffff:0:0:0/96", 0), ("64:ff9b::/96", 0)),
        *(("2002::/16", 80), ("2001::/32", 64)),
    )
)
"""IPv6 networks whose packets go to the IPv4 address that is this many bits from the end: compatible, mapped,
translated, NAT64, 6to4, and the server of Teredo."""
_TEREDO = ipaddress.IPv6Network("2001::/32")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_IPV4 = 0xFFFF_FFFF


class Distance(enum.IntEnum):
    """How far away an address is.

    WIRE: link-local addresses, and the metadata services of cloud machines. SHARED: networks of providers, VPNs such
    as Tailscale, and proxies that answer for other addresses; a service there may not link into a private network.
    """

    COMPUTER = 0
    WIRE = 1
    NETWORK = 2
    SHARED = 3
    ELSEWHERE = 4


def distance(address: str) -> Distance:
    """address: an IP address, as sockets name it. An IPv6 address is as near as an IPv4 address that it leads to."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    embedded = _embedded(ip) if ip.version == 6 else ()
    return min(_distance(each) for each in (ip, *embedded))


def _distance(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Distance:
    if ip.is_loopback or ip.is_unspecified:
        return Distance.COMPUTER
    if ip.is_link_local or ip.is_multicast or ip in _OF_THE_MACHINE:
        return Distance.WIRE
    if any(ip in network for network in _OWN_NETWORK):
        return Distance.NETWORK
    return Distance.SHARED if any(ip in network for network in _SHARED) else Distance.ELSEWHERE


def _embedded(ip: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that packets to this address may be sent to."""
    number = int(ip)
    for network, shift in _EMBEDDING:
        if ip in network:
            yield ipaddress.IPv4Address(number >> shift & _IPV4)
    if ip in _TEREDO:
        yield ipaddress.IPv4Address(~number & _IPV4)
    if ip in _LOCAL_NAT64:
        yield from _translated(number)


def _translated(number: int) -> Iterator[ipaddress.IPv4Address]:
    """What a network's own NAT64 may make of an address: RFC 6052 has a layout for each length of its prefix.

    Prefixes of 48, 56, 64 and 96 bits, around the octet that is always 0. A host's address neither begins with 0 nor
    ends in 0.0: such a result is of another layout.
    """
    whole = number >> 64 << 56 | number & (1 << 56) - 1
    for found in (whole >> 40 & _IPV4, whole >> 32 & _IPV4, whole >> 24 & _IPV4, number & _IPV4):
        if found >> 24 and found & 0xFFFF:
            yield ipaddress.IPv4Address(found)


def with_peer(url: str, peer: str) -> str:
    """The address of who gives links, with the IP address of the connection to it instead of its name.

    Its owner may have the name mean this computer by the time it is asked again. peer: "" if it is not known.
    """
    if not peer:
        return url
    host = peer.partition("%")[0]
    return urlsplit(url)._replace(netloc=f"[{host}]" if ":" in host else host).geturl()


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
    """Of the service's nearest address; ELSEWHERE if its name cannot be resolved. An IP address stands for itself."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return Distance.ELSEWHERE
    return min((distance(str(each[4][0])) for each in found), default=Distance.ELSEWHERE)
