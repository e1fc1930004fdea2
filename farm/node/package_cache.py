"""Packages that a node has downloaded, by content: each is fetched and unpacked once; new ones replace the oldest."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from ...client.files import remove, remove_tree
from ..render.backend import Package
from ..render.packages.laid_out import blend_in, lay_out
from .farm_link import AttemptLink, AttemptOver

_log = logging.getLogger(__name__)


class PackageCache:
    """folder: contains one folder per package, named by its SHA-256. limit: bytes for all of them."""

    def __init__(self, folder: Path, limit: int, unpack_limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._unpack_limit = unpack_limit
        self._links: dict[str, list[AttemptLink]] = {}
        """To the attempts under way that may fetch a package, by its SHA-256."""
        self._sizes: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, str] = {}
        self._removal = asyncio.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def fetched_by(self, link: AttemptLink, sha256: str, size: int) -> Iterator[None]:
        """While this context lasts, a package can be downloaded by this link, for any job that needs it.

        Args:
            link: to an attempt that has the package.
            sha256: of the package, which identifies it.
            size: bytes.
        """
        self._sizes[sha256] = size
        self._links.setdefault(sha256, []).append(link)
        try:
            yield
        finally:
            self._links[sha256].remove(link)
            if not self._links[sha256]:
                del self._links[sha256], self._sizes[sha256]

    def forget(self, job_id: str) -> None:
        """The job no longer needs its package; it is kept until the space is needed."""
        self._users.pop(job_id, None)

    async def blend(self, job_id: str, package: Package) -> Path:
        """The .blend of a package, whose key is its SHA-256. Raises BadPackage, OSError, AttemptOver."""
        sha256 = package.key
        self._users[job_id] = sha256
        folder = self._folder / sha256
        async with self._lock(sha256):
            blend = await asyncio.to_thread(blend_in, folder / "package")
            if blend is None:
                await self._make_room(self._sizes[sha256])
                blend = await self._fetched(sha256, package, folder)
            await asyncio.to_thread(os.utime, folder)
        return blend

    async def _fetched(self, sha256: str, package: Package, folder: Path) -> Path:
        await asyncio.to_thread(_emptied, folder)
        archive = folder / "archive"
        try:
            await self._fetch(sha256, archive)
            blend = await asyncio.to_thread(
                lay_out, archive, package.kind, package.name, folder / "package", self._unpack_limit
            )
        except BaseException:
            await asyncio.to_thread(remove_tree, folder)
            raise
        await asyncio.to_thread(remove, archive)
        return blend

    async def _fetch(self, sha256: str, archive: Path) -> None:
        """Download by any attempt that is running: one may end, as when its job is canceled."""
        over = set[AttemptLink]()
        while link := next((each for each in self._links.get(sha256, ()) if each not in over), None):
            try:
                return await link.fetch_package(archive, sha256, self._sizes[sha256])
            except AttemptOver:
                over.add(link)
        raise AttemptOver

    async def _make_room(self, needed: int) -> None:
        """Remove the least recently used packages, except those of running jobs."""
        async with self._removal:
            sizes = await asyncio.to_thread(_oldest_first, self._folder)
            held = sum(sizes.values()) + needed
            for name, size in sizes.items():
                if held <= self._limit:
                    return
                if name in self._users.values() or self._lock(name).locked():
                    continue
                async with self._lock(name):  # a job that needs it from now on waits, and downloads it again
                    await asyncio.to_thread(remove_tree, self._folder / name)
                held -= size
                _log.info("Package %s made room", name)

    def _lock(self, sha256: str) -> asyncio.Lock:
        return self._locks.setdefault(sha256, asyncio.Lock())


def _oldest_first(folder: Path) -> dict[str, int]:
    """The bytes of each package; one that is removed meanwhile may be missing."""
    used_at: dict[str, float] = {}
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            used_at[each.name] = each.stat().st_mtime
    return {name: _bytes(folder / name) for name in sorted(used_at, key=used_at.__getitem__)}


def _emptied(folder: Path) -> None:
    remove_tree(folder)
    folder.mkdir()


def _bytes(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += Path(place, name).lstat().st_size
    return size
