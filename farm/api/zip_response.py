"""Sends a zip that is created while it is sent: all of it, or the part that a resumed download requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from ..state.files.job_zips import JobZip

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def zip_response(found: JobZip, request: Mapping[str, str], *, is_head: bool, headers: Mapping[str, str]) -> Response:
    """A zip (200), the part of it that a Range requests (206), or an error for an invalid range (416).

    Args:
        found: the zip, which is written while it is sent.
        request: the headers of the request.
        is_head: whether to send the headers alone.
        headers: to send in addition to those of the zip.
    """
    size, tag = found.content.size, f'"{found.content.tag}"'
    sent = {
        **headers,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name)}",
        "ETag": tag,
    }
    start, stop, status = 0, size, 200
    wanted = _ONE_RANGE.fullmatch(request.get("range", "").replace(" ", ""))
    if wanted and request.get("if-range", tag) == tag and (wanted[1] or wanted[2]):
        start, stop = _bounds(wanted[1], wanted[2], size)
        if start >= stop:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        status, sent["Content-Range"] = 206, f"bytes {start}-{stop - 1}/{size}"
    sent["Content-Length"] = str(stop - start)
    chunks: Iterator[bytes] = iter(()) if is_head else found.content.chunks(start, stop)
    return StreamingResponse(chunks, status, sent, "application/zip")


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last bytes, as many as asked for
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
