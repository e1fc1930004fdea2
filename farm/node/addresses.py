"""Addresses of farms as people write them: HOST or HOST:PORT. Standard library only."""

from __future__ import annotations

from ...client.errors import LocalProblem
from ...client.message import msg


def parsed(text: str, default_port: int) -> tuple[str, int]:
    """Host and port. Raises LocalProblem."""
    written = text.strip().removeprefix("tls://")
    host, colon, port = written.rpartition(":")
    if not colon or (host.count(":") and not host.endswith("]")):
        host, port = written, str(default_port)
    if not host or any(each.isspace() for each in host) or not (port.isascii() and port.isdigit()):
        raise _none(text)
    if not 0 < int(port) < 65536:
        raise _none(text)
    return host.strip("[]"), int(port)


def written(host: str, port: int) -> str:
    """The inverse of `parsed`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _none(text: str) -> LocalProblem:
    problem = msg("“{text}” is not a valid address. Enter it as the farm's computer shows it.", text=text)
    return LocalProblem(problem)
