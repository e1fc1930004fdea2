"""A response of http.client whose lengths are numbers that a file can have. Standard library only."""

from __future__ import annotations

import http.client
import re

_MAX_LENGTH = 10**18
_TOO_LONG = re.compile(r"[0-9_]{19}")


class BoundedResponse(http.client.HTTPResponse):
    """Set as the `response_class` of a connection. http.client reads a chunk of size -1 into memory without end."""

    def begin(self) -> None:
        """Raises HTTPException: the announced length is too long a number for a message or a calculation."""
        super().begin()
        if any(_TOO_LONG.search(length) for length in self.headers.get_all("Content-Length", ())):
            raise http.client.HTTPException("invalid Content-Length")

    def _read_next_chunk_size(self) -> int:
        """http.client reports the ValueError as an incomplete body."""
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if not 0 <= size < _MAX_LENGTH:
            self.close()
            raise ValueError("invalid chunk size")
        return size
