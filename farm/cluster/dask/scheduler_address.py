"""The address of the scheduler of a Dask cluster that a farm uses, and its TLS files. Does not import Dask."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ....client.network.loopback import is_loopback

DEFAULT_PORT = 8786
_TLS, _TCP = "tls", "tcp"


class InvalidAddress(ValueError):
    """An invalid address; its message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class SchedulerAddress:
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == _TLS

    @property
    def is_here(self) -> bool:
        return is_loopback(self.host)


def parsed(text: str) -> SchedulerAddress:
    """Raises InvalidAddress."""
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORT
    except ValueError:
        scheme, host, port = "", "", 0
    if scheme not in (_TLS, _TCP) or not host or any(each.isspace() for each in host) or parts.path not in ("", "/"):
        raise InvalidAddress(f"“{text}” is not the address of a Dask scheduler. Write it as tls://HOST:{DEFAULT_PORT}")
    address = SchedulerAddress(scheme, host, port)
    if not address.is_encrypted and not address.is_here:
        raise InvalidAddress(
            f"{address} is not encrypted, so anyone who intercepts the connection can run programs on every "
            "worker. Set up the cluster with TLS and use tls://, or run the farm on the scheduler's computer."
        )
    return address


def words(text: str, files: tuple[str, str, str]) -> list[str]:
    """The address and the files of TLS (authority, certificate, key), as the program of node/on_dask.py reads them."""
    given = [(name, file) for name, file in zip(("--ca", "--cert", "--key"), files, strict=True) if file]
    return [text, *(word for name, file in given for word in (name, str(Path(file).absolute())))]


def reason_against(text: str, node_host: str, files: tuple[str, str, str]) -> str:
    """Why a farm that listens for nodes on this host cannot use this scheduler, "" if it can.

    Args:
        text: the scheduler's address, "" for none.
        node_host: what the farm listens on for nodes.
        files: of TLS (authority, certificate, key), "" for one that was not given.
    """
    if not text:
        return "The TLS files are those of a Dask scheduler: name it with --scheduler." if any(files) else ""
    try:
        address = parsed(text)
    except InvalidAddress as error:
        return str(error)
    if is_loopback(node_host) and not address.is_here:
        return (
            f"The farm listens on this computer only, and the workers of {address} could not reach it. Start it with "
            "--host 0.0.0.0."
        )
    if any(files) and not address.is_encrypted:
        return f"{address} is not encrypted: leave out the TLS files, or write tls://."
    if any(files) and not all(files):
        return "TLS needs three files: give --scheduler-ca, --scheduler-cert and --scheduler-key."
    missing = next((each for each in files if each and not Path(each).is_file()), "")
    return f"There is no file {missing} for TLS with the scheduler." if missing else ""


def seen_from(address: SchedulerAddress, node_host: str) -> str:
    """The host at which workers reach a farm that listens on `node_host`: if that means all addresses, the address in
    the scheduler's network. Raises OSError."""
    if node_host not in ("0.0.0.0", "::"):
        return node_host
    family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as looking:
        looking.connect(place)  # sends nothing
        return str(looking.getsockname()[0])
