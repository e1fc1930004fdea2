"""A server that sends parts of a file, as storage does."""

from __future__ import annotations

import os

from told_server import hang_up, reply

DATA = os.urandom(3_000_017)
ETAG = '"v1"'


def serves_ranges(server, data=DATA, etag=ETAG, cut=lambda: len(DATA), sent=None):
    """The server behaves as storage does, but breaks off after as many bytes as `cut` says; `sent` notes them."""

    def answer(handler, asked):
        start = 0
        if asked.headers.get("Range") and asked.headers.get("If-Range") == etag:
            start = int(asked.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(data):
            return reply(handler, 416, Content_Range=f"bytes */{len(data)}")
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(data) - start))
        handler.send_header("ETag", etag)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.end_headers()
        piece = data[start : start + cut()]
        if sent is not None:
            sent.append(len(piece))
        handler.wfile.write(piece)
        if start + len(piece) < len(data):
            hang_up(handler)
        return None

    server.answer = answer


def once(count):
    """A `cut` for the first answer alone."""
    counts = iter([count])
    return lambda: next(counts, len(DATA))
