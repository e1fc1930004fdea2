"""A package opens alone on a bare machine with nothing missing, and renders the same pixels."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import FRAMES, VERSIONS, Projects
from kinds import KINDS

from cache import CHROOT_BLENDERS
from farmhand.courier.frames.suspicion import PINK, FaultColors
from farmhand.courier.frames.verify import Expected, verify
from farmhand.jobs.folder import job_folder

# Kinds whose files leave no trace in the picture of these Blenders, and why.
_TEXT = "the .blend holds the lines of an external text as well, and opens with them when its file is gone"
_NO_OSL = "Debian builds Cycles without OSL"
_OSL = ("script", "script_includes", "script_camera")
_NO_MANTA = "a bake ends bpy: 'LevelsetGrid' object has no attribute 'setConst'; files stand in for one"
_NO_SOUND = "pictures have no sound"
_FAR_AWAY = "what is read only acts on other things, or lies out of the picture"
UNSEEN = {
    **{(kind, version): _TEXT for kind in ("script_text", "freestyle_script") for version in VERSIONS},
    **{("shown_and_read_collection", version): _FAR_AWAY for version in VERSIONS},
    **{("speaker", version): _NO_SOUND for version in VERSIONS},
    **{
        (kind, version): _NO_OSL
        for kind in ("script", "script_includes", "script_camera")
        for version in CHROOT_BLENDERS
    },
    **{("fluid_cache", version): _NO_MANTA for version in {*VERSIONS, "4.3.2"} - {"5.2.2"}},
}

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Moved:
    """One Blender's projects after the move. jobs, blends, scans: kind → the job folder, what was unpacked of it.

    pictures: kind → before, after, and at home without its files.
    """

    bare: Path
    jobs: dict[str, Path]
    blends: dict[str, str]
    scans: dict[str, Any]
    pictures: dict[str, tuple[bytes, bytes, bytes]]


@pytest.fixture(scope="session")
def moved(projects: Projects, unpack: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """Everything packed, the originals out of the way, unpacked elsewhere, scanned and rendered there."""
    work = tmp_path_factory.mktemp("moved")
    kinds = list(projects.expected)
    blends = [projects.blend(kind) for kind in kinds]
    # First of all: Blender leaves compiled scripts beside their sources.
    without = _render_without_files(projects, work)
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
        kind: (Path(one).read_bytes(), Path(two).read_bytes(), Path(three).read_bytes())
        for kind, one, two, three in zip(kinds, before, after, without, strict=True)
    }
    jobs = {kind: Path(one["folder"]) for kind, one in zip(kinds, packed, strict=True)}
    blends = {kind: str(blend) for kind, blend in zip(kinds, there, strict=True)}
    return Moved(work / "bare", jobs, blends, dict(zip(kinds, scans, strict=True)), pictures)


def _render_without_files(projects: Projects, work: Path) -> list[str]:
    """Other pictures instead of the pictures, nothing instead of the rest: 5.0 crashes when a strip finds none."""
    files = [Path(file) for one in projects.expected.values() for file in one["files"]]
    for file in files:
        file.rename(f"{file}.gone")
        if file.suffix == ".png":
            file.write_bytes(_green(24))
    try:
        steps = [["render", one["blend"], 4, f"{work}/{kind}-without.png"] for kind, one in projects.expected.items()]
        return projects.blender.do(work, *steps)
    finally:
        for file in files:
            Path(f"{file}.gone").replace(file)


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


# Its file cannot be found out and is not sent: a finding says so.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "computed_path"])
def test_the_package_renders_the_same_pixels(kind: str, projects: Projects, moved: Moved) -> None:
    projects.blend(kind)
    before, after, _ = moved.pictures[kind]
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_shows_whether_the_files_are_there(kind: str, projects: Projects, moved: Moved) -> None:
    """Or else the same pixels above would say nothing."""
    projects.blend(kind)
    if not projects.expected[kind]["files"] or (kind, projects.blender.version) in UNSEEN:
        return
    before, _, without = moved.pictures[kind]
    assert pixels(without) != pixels(before)


def test_the_package_knows_the_pink_of_what_is_missing(projects: Projects, moved: Moved, tmp_path: Path) -> None:
    """Where the texture is lost on the way, the frame is told by what the package says of the scene's colors."""
    blend = moved.blends["base_color"]
    colors = FaultColors.from_measured(job_folder.read(moved.jobs["base_color"]).fault_colors)
    (texture,) = moved.scans["base_color"]["files"]
    Path(texture).rename(f"{texture}.gone")
    try:
        projects.blender.do(tmp_path, ["render", blend, 4, f"{tmp_path}/pink.png"])
    finally:
        Path(f"{texture}.gone").rename(texture)
    assert verify(tmp_path / "pink.png", Expected(), colors=colors).suspect == PINK
    (tmp_path / "good.png").write_bytes(moved.pictures["base_color"][1])
    assert not verify(tmp_path / "good.png", Expected(), colors=colors).suspect


@pytest.mark.parametrize(("kind", "is_looked_for"), [("font", False), ("base_color", True), ("world", True)])
def test_pink_is_looked_for_where_a_picture_can_be_missing(kind: str, is_looked_for: bool, moved: Moved) -> None:
    if kind not in moved.jobs:
        pytest.skip(f"{kind} is not here")
    colors = FaultColors.from_measured(job_folder.read(moved.jobs[kind]).fault_colors)
    assert colors.can_be_pink == is_looked_for


def test_packing_leaves_the_project_as_it_was(projects: Projects, moved: Moved) -> None:
    expected = [Path(file) for one in projects.expected.values() for file in one["files"]]
    assert [file for file in expected if not file.is_file()] == []


def _green(size: int) -> bytes:
    """A PNG of one color, as no project has it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">2I5B", size, size, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0\xff\0" * size) * size)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pixels(picture: bytes) -> bytes:
    """The rows of a PNG: both come from the same encoder, and only text chunks (time, file) may differ."""
    place, rows = 8, b""
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        if picture[place + 4 : place + 8] == b"IDAT":
            rows += picture[place + 8 : place + 8 + length]
        place += 12 + length
    return zlib.decompress(rows)
