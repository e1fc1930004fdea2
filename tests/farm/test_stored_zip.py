"""A zip that is worked out while it is sent: any reader takes it, and any part of it is what the whole has there."""

import io
import random
import subprocess
import zipfile
import zlib
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmhand.farm.objects.stored_zip import Gone, Member, StoredZip

GIB = 1024**3


def member(folder: Path, name: str, data: bytes) -> Member:
    path = folder / f"{zlib.crc32(name.encode()):x}"
    path.write_bytes(data)
    return Member(name, partial(path.open, "rb"), len(data), zlib.crc32(data))


def whole(made: StoredZip) -> bytes:
    data = b"".join(made.chunks(0, made.size))
    assert len(data) == made.size
    return data


def test_names_and_bytes_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"shot_0001.png": b"one", "empty.exr": b"", "Glüh/日本_0001.png": random.randbytes(3_000_000)}
    made = StoredZip([member(tmp_path, name, data) for name, data in files.items()])
    with zipfile.ZipFile(io.BytesIO(whole(made))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == files


def test_another_program_takes_it(tmp_path: Path) -> None:
    made = StoredZip([member(tmp_path, f"shot_{n:04d}.png", random.randbytes(1000)) for n in range(20)])
    target = tmp_path / "frames.zip"
    target.write_bytes(whole(made))
    subprocess.run(["unzip", "-tq", str(target)], check=True, timeout=30)


@given(data=st.data())
def test_any_part_is_what_the_whole_has_there(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("parts")
    sizes = data.draw(st.lists(st.integers(0, 300), max_size=6))
    made = StoredZip([member(folder, f"{n}.png", random.randbytes(size)) for n, size in enumerate(sizes)])
    start = data.draw(st.integers(0, made.size))
    stop = data.draw(st.integers(start, made.size))
    assert b"".join(made.chunks(start, stop)) == whole(made)[start:stop]


def test_files_and_zips_over_four_gib_are_described_as_such(tmp_path: Path) -> None:
    path = tmp_path / "large.exr"
    with path.open("wb") as file:
        file.truncate(5 * GIB)
    small = member(tmp_path, "after.png", b"after")
    made = StoredZip([Member("large.exr", partial(path.open, "rb"), 5 * GIB, 0), small])
    with zipfile.ZipFile(_Window(made)) as opened:
        assert [each.file_size for each in opened.infolist()] == [5 * GIB, 5]
        assert opened.read("after.png") == b"after"


def test_more_files_than_the_old_format_counts(tmp_path: Path) -> None:
    one = member(tmp_path, "x", b"x")
    made = StoredZip([Member(f"{n:06d}", one.open, 1, one.crc32) for n in range(70_000)])
    with zipfile.ZipFile(_Window(made)) as opened:
        assert len(opened.namelist()) == 70_000
        assert opened.read("069999") == b"x"


def test_a_file_that_was_cut_short_breaks_the_zip_off(tmp_path: Path) -> None:
    cut = StoredZip([member(tmp_path, "shot.png", b"12345")])
    (only,) = tmp_path.iterdir()
    only.write_bytes(b"123")
    with pytest.raises(Gone):
        whole(cut)


class _Window(io.RawIOBase):
    """Reads the zip as a file that lies nowhere."""

    def __init__(self, made: StoredZip) -> None:
        self._made = made
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset + {0: 0, 1: self._place, 2: self._made.size}[whence]
        return self._place

    def read(self, size: int = -1) -> bytes:
        stop = self._made.size if size < 0 else min(self._made.size, self._place + size)
        data = b"".join(self._made.chunks(self._place, stop))
        self._place += len(data)
        return data
