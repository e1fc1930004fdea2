"""Images as Blender and others write them: whole ones are taken, and what was cut off is missed."""

import random
import struct
import zlib
from pathlib import Path

import numpy
import pytest
from in_blender import run_in_blender
from PIL import Image

from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import inspector

WRITE = Path(__file__).parents[1] / "support" / "write_images.py"
TARGA_END = b"TRUEVISION-XFILE.\0"
TARGA_TAIL = 4096
"""More than the notes that may come behind the pixels."""


def is_whole(path: Path, data: bytes) -> bool:
    path.write_bytes(data)
    try:
        return inspector.inspect(path) is not None
    except ValueError:
        return False


def test_images_of_blender_are_whole_until_something_is_cut_off(
    each_blender_command: list[str], tmp_path: Path
) -> None:
    kinds = ["HDR:.hdr", "TARGA:.tga", "TARGA_RAW:.tga", "TIFF:.tif"]
    run_in_blender(each_blender_command, WRITE, str(tmp_path), *kinds)
    rng, written = random.Random(5), sorted(tmp_path.iterdir())
    assert len(written) == 36
    for path in written:
        size = path.stem.rpartition("-")[2]
        width, height = map(int, size.split("x"))
        verdict = verify(path, Expected(width=width, height=height))
        assert (verdict.broken, verdict.suspect) == ("", ""), path.name
        data, cut = path.read_bytes(), path.with_name("cut" + path.suffix)
        last = len(data) - 1 if not data.endswith(TARGA_END) else max(0, len(data) - TARGA_TAIL)
        for at in {last, *(rng.randrange(last + 1) for _ in range(20))}:
            assert not at or not is_whole(cut, data[:at]), f"{path.name}, {at} of {len(data)} bytes"


@pytest.mark.parametrize("options", [{}, {"compression": "tga_rle"}])
def test_a_targa_without_notes_is_broken_when_its_last_byte_is_missing(options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.tga"
    Image.effect_noise((61, 43), 80).convert("RGBA").save(path, **options)
    whole = path.read_bytes().partition(b"\0\0\0\0\0\0\0\0" + TARGA_END)[0]
    assert is_whole(path, whole)
    assert not is_whole(path, whole[:-1])


def test_a_web_page_under_a_targas_name_is_broken(tmp_path: Path) -> None:
    assert not is_whole(tmp_path / "a.tga", b"<!DOCTYPE html><html>Sign in to go on</html>")
    assert not is_whole(tmp_path / "a.tga", b"<html><body>Sign in to go on</body></html>")


def radiance(size: bytes, data: bytes, name: bytes = b"RADIANCE") -> bytes:
    return b"#?" + name + b"\nFORMAT=32-bit_rle_rgbe\n\n" + size + b"\n" + data


@pytest.mark.parametrize("name", [b"RADIANCE", b"RGBE"])
@pytest.mark.parametrize("size", [b"-Y 3 +X 40", b"+X 3 -Y 40"])
def test_a_radiance_file_of_plain_pixels_is_whole_until_its_last_byte(name: bytes, size: bytes, tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.hdr", b"\x80\x40\x20\x81" * 120
    assert is_whole(path, radiance(size, pixels, name))
    assert not is_whole(path, radiance(size, pixels[:-1], name))


def test_a_radiance_file_of_the_old_packing_is_not_called_broken(tmp_path: Path) -> None:
    assert is_whole(tmp_path / "a.hdr", radiance(b"-Y 3 +X 40", b"\x80\x40\x20\x81" + b"\1\1\1\x77"))


def test_a_radiance_line_with_too_many_pixels_is_damaged(tmp_path: Path) -> None:
    line = b"\2\2\0\x28" + (b"\xa8\x10" * 4)
    assert is_whole(tmp_path / "a.hdr", radiance(b"-Y 2 +X 40", line * 2))
    assert not is_whole(tmp_path / "a.hdr", radiance(b"-Y 2 +X 40", line + b"\2\2\0\x28" + (b"\xa9\x10" * 4)))


def test_a_tiff_with_places_of_64_bits_is_read_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.new("RGB", (160, 90)).save(path, big_tiff=True)
    assert path.read_bytes()[:4] == b"II+\0"
    assert "black" in verify(path, Expected(width=160, height=90)).suspect
    Image.effect_noise((160, 90), 80).save(path, big_tiff=True)
    assert verify(path, Expected(width=160, height=90)) == verify(path, Expected())
    assert is_whole(path, path.read_bytes())
    assert not is_whole(path, path.read_bytes()[:-1])


def test_a_tiff_of_tiles_is_whole_until_something_is_cut_off(tmp_path: Path) -> None:
    tiles = [bytes([value]) * 256 for value in (10, 20)]
    values = {256: 20, 257: 9, 258: 8, 259: 1, 262: 1, 277: 1, 322: 16, 323: 16}
    table, lengths, start = 8, 10 + 12 * 10 + 4, 10 + 12 * 10 + 12
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items()]
    entries += [struct.pack("<HHII", 324, 4, 2, lengths + 8), struct.pack("<HHII", 325, 4, 2, lengths)]
    whole = struct.pack("<2sHIH", b"II", 42, table, len(entries)) + b"".join(entries) + b"\0\0\0\0"
    whole += struct.pack("<IIII", 256, 256, start + 12, start + 268) + b"\0" * 4 + b"".join(tiles)
    assert is_whole(tmp_path / "a.tif", whole)
    with Image.open(tmp_path / "a.tif") as image:
        assert (image.getpixel((0, 0)), image.getpixel((19, 8))) == (10, 20)
    assert not is_whole(tmp_path / "a.tif", whole[:-1])


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_that_names_a_place_beyond_any_disk_is_broken(order: str, tmp_path: Path) -> None:
    head = {"<": b"II+\0\x08\0\0\0", ">": b"MM\0+\0\x08\0\0"}[order]
    for place in (1 << 62, 2**64 - 1):
        assert not is_whole(tmp_path / "a.tif", head + struct.pack(f"{order}Q", place) + b"\0" * 99)


def test_a_png_that_cannot_hold_its_pixels_is_broken(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed, path = zlib.compress(b"\0" * 1_000_000, 9), tmp_path / "a.png"
    head = struct.pack(">IIBBBBB", 2**31 - 1, 1, 8, 2, 0, 0, 0)
    path.write_bytes(inspector.png.SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    assert "rows" in verify(path, Expected()).broken
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        Image.new(mode, (3000, 3000)).save(path, optimize=True)
        assert not verify(path, Expected()).broken
    Image.fromarray(numpy.zeros((3000, 3000), numpy.uint16)).save(path, optimize=True)
    assert not verify(path, Expected()).broken
