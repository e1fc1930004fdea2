"""Zips that are unpacked, and zips that are refused."""

import os
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from farmhand.client.files import remove_tree
from farmhand.farm.cluster import blend_version
from farmhand.farm.render.packages import unpack as unpack_module
from farmhand.farm.render.packages.unpack import MAX_ENTRIES, BadPackage, unpack
from farmhand.jobs.folder.device_names import is_device

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


def test_a_hidden_file_called_blend_is_no_scene(tmp_path: Path) -> None:
    with pytest.raises(BadPackage, match="exactly one"):
        unpack(zip_of(tmp_path, ".blend"), tmp_path / "out", LIMIT)


@pytest.mark.parametrize(
    "name",
    [
        "a/" * 40 + "x",
        "t/" + "a" * 300,
        "t/a\nb",
        "t/\u202egnp.exe",
        "t/a\u2028b",
        "shot.blend/a.png",
        "t/\x7f",
        "t/a\u061cb",
        "t/a\u200bb",
    ],
    ids=[
        "deep",
        "long",
        "line break",
        "turned",
        "line separator",
        "below the .blend",
        "delete",
        "letter mark",
        "no width",
    ],
)
def test_a_name_that_no_file_should_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadPackage):
        unpack(zip_of(tmp_path, "shot.blend", name), tmp_path / "out", LIMIT)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        for name in ("a.blend", "t/a.png", "t/a.png"):
            archive.writestr(name, b"x")
    with pytest.raises(BadPackage):
        unpack(path, tmp_path / "out", LIMIT)


@pytest.mark.parametrize(
    "names",
    [
        ("t/A.png", "t/a.png"),
        ("t/\N{LATIN SMALL LETTER E WITH ACUTE}.png", "t/e\N{COMBINING ACUTE ACCENT}.png"),
        ("\N{LATIN SMALL LIGATURE FI}.png", "fi.png"),
        ("t", "t/a.png"),
        ("t/a.png", "t"),
        ("T/a.png", "t/b.png"),
    ],
    ids=ascii,
)
def test_of_names_that_a_disk_may_take_for_one_none_replaces_the_other(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Whether it does depends on the disk: case and normal form of a name count on some."""
    path, folder = tmp_path / "package.zip", tmp_path / "out"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("shot.blend", *names):
            archive.writestr(name, name.encode())
    try:
        unpack(path, folder, LIMIT)
    except BadPackage:
        return
    assert [(folder / name).read_bytes().decode() for name in names] == list(names)


def test_a_zip_of_endless_files_is_refused_before_any_is_written(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.blend", b"x")
        for number in range(MAX_ENTRIES):
            archive.writestr(f"t/{number}", b"")
    with pytest.raises(BadPackage, match="files"):
        unpack(path, tmp_path / "out", LIMIT)
    assert not list((tmp_path / "out").iterdir())


def test_a_million_entries_are_counted_without_memory_or_time_for_them(tmp_path: Path) -> None:
    path, entry = tmp_path / "package.zip", struct.Struct("<4s6H3I5H2I")
    entries = b"".join(
        entry.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0) + b"%06x" % number
        for number in range(1_000_000)
    )
    size, big = len(entries), 0xFFFFFFFF
    end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, size, 0)
    end += struct.pack("<4sIQI", b"PK\6\7", 0, size, 1)
    path.write_bytes(entries + end + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, big, big, 0))
    del entries
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(BadPackage, match="list of files"):
            unpack(path, tmp_path / "out", LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 2


def broken_deflate(folder: Path) -> bytes:
    whole = bytearray(zip_of(folder, "a.blend", "t/a.bin", content=bytes(range(256)) * 40).read_bytes())
    at = whole.find(b"t/a.bin") + 7
    whole[at : at + 60] = b"\xff" * 60
    return bytes(whole)


def broken_bzip2(folder: Path) -> bytes:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.blend", b"x" * 1000)
    whole = bytearray(path.read_bytes())
    whole[whole.find(b"BZh9") + 12] ^= 0xFF
    return bytes(whole)


def empty_name(folder: Path) -> bytes:
    return zip_of(folder, "a.blend", "Q").read_bytes().replace(b"\1\0\0\0Q", b"\0\0\0\0Q")


def name_that_is_no_text(folder: Path) -> bytes:
    return zip_of(folder, "a.blend", "t/ä").read_bytes().replace("t/ä".encode(), b"t/\xc0\xae")


def directory_of_gigabytes(folder: Path) -> bytes:
    whole = bytearray(zip_of(folder, "a.blend").read_bytes())
    at = whole.rfind(b"PK\5\6")
    whole[at + 12 : at + 16] = (2**31).to_bytes(4, "little")
    return bytes(whole)


def method_99(folder: Path) -> bytes:
    whole = bytearray(zip_of(folder, "a.blend").read_bytes())
    whole[8:10] = b"\x63\0"
    at = whole.rfind(b"PK\1\2")
    whole[at + 10 : at + 12] = b"\x63\0"
    return bytes(whole)


@pytest.mark.parametrize(
    "make",
    [broken_deflate, broken_bzip2, empty_name, name_that_is_no_text, directory_of_gigabytes, method_99, lambda _: b""],
)
def test_a_zip_that_is_damaged_anywhere_is_refused_in_words(tmp_path: Path, make: Callable[[Path], bytes]) -> None:
    path = tmp_path / "damaged.zip"
    path.write_bytes(make(tmp_path))
    with pytest.raises(BadPackage):
        unpack(path, tmp_path / "out", LIMIT)


def zip_with_a_false_end(folder: Path) -> Path:
    """A zip64 whose locator names a harmless record, while the one that zipfile reads, before it, is the true one."""
    false_end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 10, 0)
    path = zip_of(folder, "a.blend", *(f"{number}.png" for number in range(100)))
    whole = path.read_bytes()
    at = whole.rindex(b"PK\5\6")
    count, length, start = struct.unpack_from("<HLL", whole, at + 10)
    true_end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start + len(false_end))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 10, 0, 0)
    path.write_bytes(false_end + whole[:at] + true_end + locator + end)
    with zipfile.ZipFile(path) as package:
        assert len(package.infolist()) == 101, "zipfile believes the other one"
    return path


def test_a_zip_with_two_lists_of_files_is_measured_by_the_longer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_with_a_false_end(tmp_path)
    monkeypatch.setattr(unpack_module, "_DIRECTORY_BYTES", 1000)
    with pytest.raises(BadPackage, match="list of files"):
        unpack(archive, tmp_path / "out", LIMIT)


def test_a_long_list_of_files_is_not_read_to_learn_who_saved_a_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_of(tmp_path, "a.blend", *(f"{number}.png" for number in range(100)), content=b"BLENDER-v500")
    with archive.open("rb") as file:
        assert blend_version.of_package(file, "zip") == "5.0"
        monkeypatch.setattr(unpack_module, "_DIRECTORY_BYTES", 1000)
        assert blend_version.of_package(file, "zip") == ""


@pytest.mark.parametrize("name", ["con", "CONIN$", "conout$.txt", "COM¹", "lpt².png", "nul.", "aux .x", "com3"])
def test_names_of_devices_are_known_as_windows_knows_them(name: str) -> None:
    assert is_device(name)


@pytest.mark.parametrize("name", ["console", "com", "comb1", "lpt10", "con-1.png", "conin", "¹"])
def test_other_names_are_no_devices(name: str) -> None:
    assert not is_device(name)


def test_a_refusal_shows_no_characters_that_a_terminal_would_act_on(tmp_path: Path) -> None:
    archive = zip_of(tmp_path, "a.blend", "../a\x1b[2J\nb\u202e")
    with pytest.raises(BadPackage) as refused:
        unpack(archive, tmp_path / "out", LIMIT)
    assert "a_[2J_b_" in refused.value.name and refused.value.name.isprintable()


@pytest.mark.posix("opens a folder by a descriptor")
def test_folders_deeper_than_any_path_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    outside = tmp_path / "kept"
    outside.write_text("kept")
    folder = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=folder)
        os.symlink(outside, "link", dir_fd=folder)
        inner = os.open("deep", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    assert remove_tree(top)
    assert not top.exists()
    assert outside.read_text() == "kept"
