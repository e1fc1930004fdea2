"""Packages in folders of their jobs."""

import asyncio
import contextlib
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import PATIENCE

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.render.backend import Package
from farmhand.farm.render.packages import laid_out
from farmhand.farm.render.packages.laid_out import LaidOutPackages, lay_out
from farmhand.farm.render.packages.unpack import BadPackage


def test_a_folder_with_the_name_of_a_blend_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr("shot.blend", b"BLENDER")
        for letter in "abcdefghijklmnopqrstuvwxyz":
            package.writestr(f"{letter}.blend/t.png", b"x")
    assert lay_out(tmp_path / "a.zip", "zip", "a.zip", tmp_path / "p", 1_000_000) == tmp_path / "p" / "shot.blend"


def test_of_a_package_that_cannot_be_unpacked_nothing_is_left(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("shot.blend", b"BLENDER")
        package.writestr("bomb", bytes(2_000_000))
    with pytest.raises(BadPackage, match="more than this farm accepts"):
        lay_out(tmp_path / "a.zip", "zip", "a.zip", tmp_path / "work" / "p", 1_000_000)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_package_that_found_the_disk_full_holds_no_room_there(
    disk: Callable[[Path, str], None], tmp_path: Path
) -> None:
    small = tmp_path / "small"
    disk(small, "4M")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr("shot.blend", b"BLENDER")
        for number in range(3000):  # each takes a block
            package.writestr(f"{number}.png", b"x")
    with pytest.raises(OSError, match="No space"):
        lay_out(tmp_path / "a.zip", "zip", "a.zip", small / "p", 1_000_000)
    assert list(small.iterdir()) == []


def test_a_job_that_is_canceled_while_its_package_is_unpacked_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uploads").mkdir()
    with zipfile.ZipFile(tmp_path / "uploads" / "a.zip", "w") as package:
        package.writestr("scene.blend", b"BLENDER")
    begun, may_go_on = threading.Event(), threading.Event()
    unpack = laid_out.unpack

    def slow(archive: Path, folder: Path, limit: int) -> Path:
        begun.set()
        assert may_go_on.wait(PATIENCE)
        return unpack(archive, folder, limit)

    async def try_it() -> None:
        packages = LaidOutPackages(FolderObjects(tmp_path), tmp_path / "work", 1_000_000)
        laying = asyncio.create_task(packages.blend("job", Package("uploads/a.zip", "zip", "a.zip")))
        assert await asyncio.to_thread(begun.wait, 10)
        laying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await laying
        may_go_on.set()  # the thread is waited for as the loop ends

    monkeypatch.setattr(laid_out, "unpack", slow)
    asyncio.run(try_it())
    assert list((tmp_path / "work").iterdir()) == []


def test_what_a_zip_lies_about_counts_no_more_than_can_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    with zipfile.ZipFile(tmp_path / "uploads" / "a.zip", "w") as package:
        package.writestr("scene.blend", b"BLENDER")
        package.writestr("lie", b"x")
        package.infolist()[1].file_size = 2**63  # more than the farm's state can hold
    claimed: list[int] = []
    packages = LaidOutPackages(
        FolderObjects(tmp_path), tmp_path / "work", 1_000_000, lambda _, size: claimed.append(size)
    )
    asyncio.run(packages.blend("job", Package("uploads/a.zip", "zip", "a.zip")))
    assert claimed == [1_000_000]
