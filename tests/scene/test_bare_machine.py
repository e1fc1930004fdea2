"""A package opens alone on a bare machine with nothing missing, and renders the same pixels."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import FRAMES, Projects
from kinds import KINDS

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Moved:
    """One Blender's projects after the move.  scans: of what was unpacked; pictures: kind → before, after."""

    bare: Path
    scans: dict[str, Any]
    pictures: dict[str, tuple[bytes, bytes]]


@pytest.fixture(scope="session")
def moved(projects: Projects, unpack: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """Everything packed, the originals out of the way, unpacked elsewhere, scanned and rendered there."""
    work = tmp_path_factory.mktemp("moved")
    kinds = list(projects.expected)
    blends = [projects.blend(kind) for kind in kinds]
    before = projects.blender.do(
        work, *[["render", blend, 4, f"{work}/{kind}-before.png"] for kind, blend in zip(kinds, blends, strict=True)]
    )
    packed = projects.blender.do(work, *[["pack", blend, str(work / "jobs"), {"frames": "3-5"}] for blend in blends])
    assert [one["problem"] for one in packed if one["problem"]] == []
    there = [unpack(Path(one["folder"]), work / "bare" / kind) for kind, one in zip(kinds, packed, strict=True)]
    away = projects.folder.rename(projects.folder.with_name(projects.folder.name + "-away"))
    try:
        scans = projects.blender.do(work, *[["scan", str(blend), FRAMES] for blend in there])
        after = projects.blender.do(
            work,
            *[["render", str(blend), 4, f"{work}/{kind}-after.png"] for kind, blend in zip(kinds, there, strict=True)],
        )
    finally:
        away.rename(projects.folder)
    pictures = {
        kind: (Path(one).read_bytes(), Path(two).read_bytes())
        for kind, one, two in zip(kinds, before, after, strict=True)
    }
    return Moved(work / "bare", dict(zip(kinds, scans, strict=True)), pictures)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_missing_where_the_package_was_unpacked(kind: str, projects: Projects, moved: Moved) -> None:
    projects.blend(kind)
    assert moved.scans[kind]["missing"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_package_needs_nothing_from_outside_itself(kind: str, projects: Projects, moved: Moved) -> None:
    projects.blend(kind)
    files = moved.scans[kind]["files"]
    assert [file for file in files if not file.startswith(str(moved.bare / kind))] == []
    assert len(files) == len(projects.expected[kind]["files"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_package_renders_the_same_pixels(kind: str, projects: Projects, moved: Moved) -> None:
    projects.blend(kind)
    before, after = moved.pictures[kind]
    assert pixels(after) == pixels(before)


def test_packing_leaves_the_project_as_it_was(projects: Projects, moved: Moved) -> None:
    expected = [Path(file) for one in projects.expected.values() for file in one["files"]]
    assert [file for file in expected if not file.is_file()] == []


def pixels(picture: bytes) -> bytes:
    """The rows of a PNG: both come from the same encoder, and only text chunks (time, file) may differ."""
    place, rows = 8, b""
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        if picture[place + 4 : place + 8] == b"IDAT":
            rows += picture[place + 8 : place + 8 + length]
        place += 12 + length
    return zlib.decompress(rows)
