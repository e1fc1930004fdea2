"""Files of an attempt that bypass the farm: nodes put them into its bucket by signed requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from ...objects.objects import Objects
from ...objects.signed_put import Content, media_type
from ...render.backend import Arrived
from .sent_files import SentFile, SentPreview

_log = logging.getLogger(__name__)


class BucketUploads:
    """key: of the folder of objects. numbers: of the files that are there."""

    def __init__(self, objects: Objects, key: str) -> None:
        self._objects = objects
        self.key = key
        self.numbers: set[int] = set()

    def requests(self, told: Sequence[SentFile | SentPreview]) -> list[dict[str, Any] | None]:
        """For each announced file, the request that puts it; None for a file that the farm receives itself."""
        return [self._request(number, each) for number, each in enumerate(told)]

    async def has(self, number: int, told: SentFile | SentPreview) -> bool:
        """Whether an announced file has arrived; the bucket accepts no other content. Raises CannotReach."""
        try:
            there = await asyncio.to_thread(self._objects.size, self._key(number)) == told.bytes
        except FileNotFoundError:
            return False
        if there:
            self.numbers.add(number)
        return there

    def arrived(self, number: int, told: SentFile | SentPreview) -> Arrived | None:
        """The file, if it is there."""
        return Arrived(self._key(number), told.sha256, told.crc32) if number in self.numbers else None

    async def remove(self) -> None:
        """Remove the folder; what a node sends later is removed with old files."""
        try:
            await asyncio.to_thread(self._objects.remove, self.key)
        except OSError as error:
            _log.warning("%s is removed later (%s)", self.key, error.strerror or error)

    def _key(self, number: int) -> str:
        return f"{self.key}/{number}"

    def _request(self, number: int, told: SentFile | SentPreview) -> dict[str, Any] | None:
        name = told.relative_path if isinstance(told, SentFile) else "preview.png"
        request = self._objects.signed_put(self._key(number), Content(told.bytes, told.sha256, media_type(name)))
        return {"url": request.url, "headers": dict(request.headers)} if request is not None else None
