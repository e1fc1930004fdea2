"""What nodes announce about the files that they will send."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ... import plain_json
from ...render.blender.worker_answers import FileAnswer, Seconds, Unreadable

_SHA256 = r"^[0-9a-f]{64}$"


class SentPreview(BaseModel):
    bytes: int = Field(ge=0, le=64 * 1024 * 1024)
    sha256: str = Field(pattern=_SHA256)
    crc32: int | None = Field(None, ge=0, lt=2**32)


class SentFile(FileAnswer):
    """bytes, sha256, crc32: of the file that will follow; the last is for zips, which the bucket does not check."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=_SHA256)
    crc32: int | None = Field(None, ge=0, lt=2**32)


class FrameResult(BaseModel):
    """The result of a frame, announced before its files, which follow by number; the preview has the last number."""

    model_config = ConfigDict(populate_by_name=True)
    files: list[SentFile] = Field(min_length=1, max_length=plain_json.MAX_ITEMS)
    seconds: Seconds
    preview: SentPreview | None = None
    unreadable: Unreadable = None

    def sizes(self) -> list[SentFile | SentPreview]:
        return [*self.files, *([self.preview] if self.preview else [])]
