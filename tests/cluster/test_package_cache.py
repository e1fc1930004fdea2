"""A node fetches a package once for all that need it, by whichever attempt may still have it."""

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farmhand.client import files
from farmhand.farm.node import package_cache
from farmhand.farm.node.farm_link import AttemptOver
from farmhand.farm.node.package_cache import PackageCache
from farmhand.farm.render.backend import Package

PACKAGE = Package("5a" * 32, "blend", "scene.blend")


class Link:
    """To an attempt. is_over: whether the farm gives it nothing more."""

    def __init__(self, is_over: bool = False) -> None:
        self._is_over = is_over
        self.fetched = 0

    async def fetch_package(self, target: Path, sha256: str, size: int) -> None:
        if self._is_over:
            raise AttemptOver
        self.fetched += 1
        await asyncio.to_thread(target.write_bytes, b"BLENDER")


async def fetched(folder: Path, *links: Any) -> bytes:
    cache = PackageCache(folder / "packages", 10**9, 10**9)

    async def need(job: str, link: Any) -> bytes:
        with cache.fetched_by(link, PACKAGE.key, 7):
            await asyncio.sleep(0)  # all of them come at once
            return (await cache.blend(job, PACKAGE)).read_bytes()

    found = await asyncio.gather(*(need(f"job {number}", link) for number, link in enumerate(links)))
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize("last_is_over", [True, False])
def test_a_job_that_is_canceled_takes_no_other_job_of_its_package_along(tmp_path: Path, last_is_over: bool) -> None:
    links = [Link(is_over=not last_is_over), Link(is_over=last_is_over)]
    assert asyncio.run(fetched(tmp_path, *links)) == b"BLENDER"
    assert sum(link.fetched for link in links) == 1


def test_a_package_that_no_attempt_may_have_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(AttemptOver):
        asyncio.run(fetched(tmp_path, Link(is_over=True)))
    assert list((tmp_path / "packages").iterdir()) == []


def test_a_package_that_is_needed_while_it_makes_room_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, first, second = Link(), PACKAGE, replace(PACKAGE, key="c3" * 32)
    is_removing = threading.Event()

    def slowly(folder: Path) -> bool:
        is_removing.set()
        time.sleep(0.3)
        return files.remove_tree(folder)

    async def need(cache: PackageCache, job: str, package: Package) -> bytes:
        with cache.fetched_by(link, package.key, 7):
            found = await cache.blend(job, package)
            await asyncio.sleep(0.5)
            return found.read_bytes()

    async def story() -> list[bytes]:
        cache = PackageCache(tmp_path / "packages", 10, 10**9)
        await need(cache, "an old job", first)
        cache.forget("an old job")
        monkeypatch.setattr(package_cache, "remove_tree", slowly)
        other = asyncio.create_task(need(cache, "another job", second))
        await asyncio.to_thread(is_removing.wait)
        return [await need(cache, "a new job", first), await other]

    assert asyncio.run(story()) == [b"BLENDER", b"BLENDER"]
