"""A node fetches a package once for all that need it, by whichever attempt may still have it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from farmhand.farm.node.farm_link import AttemptOver
from farmhand.farm.node.package_cache import PackageCache
from farmhand.farm.render.backend import Package

PACKAGE = Package("5a" * 32, "blend", "scene.blend")


class Link:
    """To an attempt. is_over: whether the farm gives it nothing more."""

    def __init__(self, is_over: bool = False) -> None:
        self._is_over = is_over
        self.fetched = 0

    async def fetch_package(self, target: Path, sha256: str) -> None:
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
