"""Where Dask's scheduler hears nodes: TLS, with limits against strangers and holders of a key.

Dask itself waits forever for the handshakes of any number of connections, and reads and unpacks messages of any size.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import msgpack
from distributed.comm.core import CommClosedError
from distributed.comm.tcp import TLS, TLSListener
from distributed.protocol.utils import unpack_frames

from ....client.network.http_server import HEAD_SECONDS
from .node_messages import NotAllowed

_LENGTH = struct.Struct("Q")
_LONGEST = 1024 * 1024
"""Bytes of a message; those of nodes have a few thousand."""
_NOT_MESSAGES = (ValueError, TypeError, IndexError, AssertionError, struct.error, msgpack.UnpackException)


class NodeComm(TLS):
    """A connection of a node. Its messages hold only what MessagePack has: nothing in them is opened or imported."""

    async def read(self, deserializers: Any = None) -> Any:
        """Raises CommClosedError, NotAllowed."""
        try:
            (length,) = _LENGTH.unpack(await self._bytes(_LENGTH.size))
            if length > _LONGEST:
                raise NotAllowed(f"a message of {length} bytes")
            return _message(await self._bytes(length))
        except BaseException:
            self.abort()  # where the next message begins is not known
            raise

    async def _bytes(self, number: int) -> bytes:
        if self.stream is None:
            raise CommClosedError
        try:
            return bytes(await self.stream.read_bytes(number))
        except OSError as error:
            raise CommClosedError(f"{self.peer_address}: {error}") from error


class NodeListener(TLSListener):
    comm_class = NodeComm

    def __init__(self, address: str, take: Callable[..., Any], handshakes: int, **options: Any) -> None:
        """
        Args:
            address: where to listen, without a scheme.
            take: called with each connection after its handshakes.
            handshakes: how many may be under way; beyond it, the oldest connection is closed.
            options: of Dask's own listener.
        """
        super().__init__(address, take, **options)
        self._most_handshakes = handshakes
        self._under_way: dict[asyncio.Task[Any], None] = {}

    async def _handle_stream(self, stream: Any, address: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._under_way) >= self._most_handshakes:
            oldest = next(iter(self._under_way))
            del self._under_way[oldest]
            oldest.cancel()
        self._under_way[task] = None
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                await super()._handle_stream(stream, address)  # TLS, then Dask's own
        except (asyncio.CancelledError, OSError, TimeoutError, ValueError, TypeError):
            stream.close()
        finally:
            self._under_way.pop(task, None)


def _message(data: bytes) -> Any:
    """Raises NotAllowed."""
    try:
        return msgpack.unpackb(unpack_frames(data)[0], object_pairs_hook=_by_name, use_list=False, strict_map_key=False)
    except _NOT_MESSAGES as error:
        raise NotAllowed("an unreadable message") from error


def _by_name(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Texts only: other keys can be chosen so that all have one hash, and a dictionary of them takes minutes."""
    return {key: value for key, value in pairs if isinstance(key, str)}
