"""Where a farm listens for nodes, published to this user's programs while it does. Standard library and psutil."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from pathlib import Path

import psutil

from ....client import files
from ....jobs.process import process_ids
from .pairing_code import DEFAULT_PORT

_FILE = "network.json"


def write(folder: Path, host: str, port: int, pairing_port: int) -> None:
    """Tell other programs of this computer where nodes reach the farm.

    Args:
        folder: the farm's folder for nodes.
        host: what the farm listens on, which may mean every address of this computer.
        port: for nodes that have a key.
        pairing_port: for those that have a code.
    """
    addresses = [_with_port(each, pairing_port) for each in _reachable(host)]
    process = {"pid": os.getpid(), "began": process_ids.started(os.getpid())}
    told = {"addresses": addresses, "port": port, **process}
    files.write_text(folder / _FILE, json.dumps(told))


def remove(folder: Path) -> None:
    files.remove(folder / _FILE, missing_ok=True)


def addresses(folder: Path) -> list[str]:
    """As a person enters them on another computer; empty if no farm listens for nodes, as after a crash."""
    try:
        told = json.loads(files.read_text(folder / _FILE))
        lives = process_ids.started(int(told["pid"])) == told["began"]
        return [str(each) for each in told["addresses"]] if lives else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _reachable(host: str) -> list[str]:
    """Addresses of this computer at which others find what listens on this host, IPv4 first."""
    if host not in ("0.0.0.0", "::"):
        return [host]
    found = [one.address for all_ in psutil.net_if_addrs().values() for one in all_ if one.family == socket.AF_INET]
    usable = [each for each in found if not ipaddress.ip_address(each).is_loopback]
    return sorted(usable, key=lambda each: (ipaddress.ip_address(each).is_link_local, each)) or ["127.0.0.1"]


def _with_port(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == DEFAULT_PORT else f"{shown}:{port}"
