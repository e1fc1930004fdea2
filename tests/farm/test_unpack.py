"""Zips that are unpacked, and zips that are refused."""

import stat
import zipfile
from pathlib import Path

import pytest

from farmhand.farm.render.unpack import BadPackage, unpack

LIMIT = 1_000_000


def zip_of(folder: Path, *names: str, content: bytes = b"x") -> Path:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return path


def test_the_blend_at_the_top_is_found_among_other_files(tmp_path: Path) -> None:
    archive = zip_of(tmp_path, "shot.blend", "libraries/tree.blend", "textures/bark.png")
    assert unpack(archive, tmp_path / "out", LIMIT) == tmp_path / "out" / "shot.blend"
    assert (tmp_path / "out" / "libraries" / "tree.blend").read_bytes() == b"x"


@pytest.mark.parametrize("names", [("textures/bark.png",), ("a.blend", "b.blend"), ("below/a.blend",)])
def test_a_zip_without_exactly_one_blend_at_the_top_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(BadPackage, match="exactly one"):
        unpack(zip_of(tmp_path, *names), tmp_path / "out", LIMIT)


@pytest.mark.parametrize(
    "name", ["../escaped.png", "/escaped.png", "a/../../escaped.png", "C:/escaped.png", "..\\e.png"]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadPackage):
        unpack(zip_of(tmp_path, "a.blend", name), tmp_path / "out", LIMIT)
    assert not list(tmp_path.rglob("*e*.png"))


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.blend", b"x")
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(BadPackage):
        unpack(path, tmp_path / "out", LIMIT)


def test_a_zip_that_unpacks_to_too_much_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    archive = zip_of(tmp_path, "a.blend", "bomb.bin", content=bytes(LIMIT))
    assert archive.stat().st_size < LIMIT / 100
    with pytest.raises(BadPackage, match="more than"):
        unpack(archive, tmp_path / "out", LIMIT)
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= LIMIT


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path, "a.blend")
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(BadPackage, match="cannot be unpacked"):
        unpack(archive, tmp_path / "out", LIMIT)
