"""Sockets that the farm listens on, and servers that leave signals to the farm."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
from collections.abc import Iterator

import uvicorn

from ..client.network import http_server
from ..jobs.process import open_files
from .errors import CannotStart
from .settings import FarmSettings

_FILES_OF_THE_FARM = 256
"""Descriptors that connections must leave for the state, packages and workers."""
_FEWEST = 16
_WITH_NODES = 4
"""Servers that share the open files: the API, Dask's, the one for frames, and the one for codes."""


class Server(uvicorn.Server):
    """Leaves signals to the farm: uvicorn would raise them again before the workers are ended."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. Freezes the objects that exist by now: collecting them delayed calls by 60 ms each time."""
        await super().startup(sockets)
        gc.freeze()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def connections(settings: FarmSettings) -> int:
    """How many connections each of the farm's servers may have open: all together fit into the process's open files."""
    servers = 1 if settings.backend == "local" else _WITH_NODES
    return max(_FEWEST, (open_files.raise_limit() - _FILES_OF_THE_FARM) // servers)


def listen(host: str, port: int, options: str) -> socket.socket:
    """A socket that takes connections.

    Args:
        host: an address, or a name of this computer.
        port: 0 for any that is free.
        options: the command-line options that choose another address, for the error.

    Raises:
        CannotStart: the address is in use, or not this computer's.
    """
    try:
        return http_server.listen(host, port)
    except OSError as error:
        raise CannotStart(
            f"The farm cannot listen on {host}:{port} ({_plain(error)}). Choose another {options}."
        ) from error


def _plain(error: OSError) -> str:
    """The system's own message; those of asyncio and socket repeat the address. Windows has network error codes that C
    does not know."""
    number = error.errno or 0
    return os.strerror(number) if 0 < number < 10_000 else str(error.strerror)
