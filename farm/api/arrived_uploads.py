"""Uploads whose arrival the farm did not see, usually in its bucket: it finds them when they are requested."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ..errors import ApiError
from ..objects.objects import Objects
from ..settings import GIB, FarmSettings
from ..state.records import Upload, now
from ..state.store import Store
from ..state.workspaces import Workspaces


class ArrivedUploads:
    """Finds such uploads, and refuses those that the farm's own upload route would have refused."""

    def __init__(self, settings: FarmSettings, store: Store, objects: Objects, workspaces: Workspaces) -> None:
        self._limit = settings.upload_limit
        self._store = store
        self._objects = objects
        self._workspaces = workspaces

    async def find_arrived(self, upload: Upload) -> Upload | None:
        """The upload with its size, None if it has not arrived. Raises ApiError (413), CannotReach.

        A farm may also have been killed after it had received an upload, and before it had recorded that.
        """
        if self._objects.path(upload.key) is not None and upload.expires < now():
            return None  # it is being removed
        try:
            size = await asyncio.to_thread(self._objects.arrived, upload.key)
        except FileNotFoundError:
            return None
        known = self._store.upload(upload.slug)
        if known is not None and known.bytes is not None:
            return known  # another call was faster, and its bytes are already counted
        if size >= self._limit:
            raise ApiError(413, "too_large", f"Files must be smaller than {self._limit / GIB:g} GiB.")
        self._workspaces.check_bytes(upload.workspace_id, size)
        self._store.set_uploaded(upload.slug, size)
        return replace(upload, bytes=size)
