"""The file in `transforms.video`, an object whose members the API does not document: whatever link is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from .models import FrameOutput
from .plain_text import tidy

_LINKS = ("url", "downloadUrl", "videoUrl", "signedUrl", "href", "link", "src")
_NAMES = ("fileName", "filename", "name")
_MAX_DEPTH = 3


def file_of(video: Mapping[str, Any] | None) -> FrameOutput | None:
    """The movie to download, or None while there is none."""
    found = next(_objects(video, _MAX_DEPTH), None)
    if found is None:
        return None
    told, link = found
    name = next((told[each] for each in _NAMES if isinstance(told.get(each), str)), None)
    try:
        return FrameOutput.read(
            {"url": link, "fileName": name, "bytes": told.get("bytes"), "sha256": told.get("sha256")}
        )
    except ValidationError:
        return None


def notice_of(video: Mapping[str, Any] | None) -> str:
    """Why there is no movie, if the service says so, or ""."""
    notice = (video or {}).get("notice")
    return tidy(notice) if isinstance(notice, str) else ""


def _objects(value: Any, depth: int) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Objects that hold a link, each with it; the outermost first."""
    if not isinstance(value, Mapping) or not depth:
        return
    known = [value[name] for name in _LINKS if name in value]
    for link in (*known, *value.values()):
        if isinstance(link, str) and link.startswith(("https://", "http://")):
            yield value, link
            break
    for inner in value.values():
        yield from _objects(inner, depth - 1)
