"""The texts of a rendered image are changed without Blender, on Windows too."""

import os
import struct
import sys
import zlib
from pathlib import Path

import pytest
from test_files import held

from farmhand.farm.worker.output import metadata


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


PICTURE = _chunk(b"IDAT", zlib.compress(b"\0" * 4)) + _chunk(b"IEND", b"")


def png(text: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">LLBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"tEXt", b"File\0" + text) + PICTURE


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "0001.png"
    path.write_bytes(png(b"/farm/p/shot.blend"))
    return path


def test_an_image_is_closed_before_it_is_replaced(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def as_windows(source: Path, target: Path) -> None:
        if sys.platform == "linux":
            opened = {each.resolve() for each in Path("/proc/self/fd").iterdir()}
            assert not opened & {source.resolve(), target.resolve()}
        replace(source, target)

    monkeypatch.setattr(os, "replace", as_windows)
    metadata.rewrite(image, lambda key, value: [(key, "shot.blend")])
    assert image.read_bytes() == png(b"shot.blend")
    assert [path.name for path in image.parent.iterdir()] == ["0001.png"]


def test_an_image_that_a_virus_scanner_reads_is_replaced(image: Path) -> None:
    with held(image):
        metadata.rewrite(image, lambda key, value: [(key, "shot.blend")])
    assert image.read_bytes() == png(b"shot.blend")


def test_an_image_whose_texts_stay_is_not_written(image: Path) -> None:
    before = image.stat().st_mtime_ns
    metadata.rewrite(image, lambda key, value: [(key, value)])
    assert image.stat().st_mtime_ns == before
