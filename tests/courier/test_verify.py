"""Whole, of the right size, not black and not pink: pictures as real libraries write them."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from PIL import Image

from farmhand.courier.verify import Expected, verify

SIZE = (160, 90)
FORMATS = ["png", "jpg", "tif", "bmp", "webp", "jp2"]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, color: tuple[int, ...] | None = None, mode: str = "RGB") -> Path:
        if color is None:
            noise = numpy.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], len(mode)), dtype=numpy.uint8)
            picture = Image.fromarray(noise, mode)
        else:
            picture = Image.new(mode, SIZE, color)
        picture.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.mark.parametrize("kind", FORMATS)
def test_a_whole_picture_is_good(kind: str, write: Callable[..., Path]) -> None:
    verdict = verify(write(f"a.{kind}"), Expected(), look_for_pink=True)
    assert (verdict.broken, verdict.suspect) == ("", "")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_cut_short_is_broken(kind: str, write: Callable[..., Path]) -> None:
    path = write(f"a.{kind}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert verify(path, Expected()).broken


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "bmp"])
def test_another_size_is_suspect(kind: str, write: Callable[..., Path]) -> None:
    assert "160 × 90" in verify(write(f"a.{kind}"), Expected(width=320, height=180)).suspect


@pytest.mark.parametrize(
    ("mode", "color"), [("RGB", (0, 0, 0)), ("RGBA", (0, 0, 0, 255)), ("RGBA", (0, 0, 0, 0)), ("L", (0,))]
)
def test_an_all_black_picture_is_suspect(mode: str, color: tuple[int, ...], write: Callable[..., Path]) -> None:
    assert "black" in verify(write("a.png", color if mode != "L" else 0, mode), Expected()).suspect


def test_a_dark_picture_with_one_light_spot_is_good(write: Callable[..., Path]) -> None:
    path = write("a.png", (0, 0, 0))
    with Image.open(path) as picture:
        picture.load()
        picture.putpixel((80, 45), (0, 1, 0))
        picture.save(path)
    assert not verify(path, Expected()).suspect


@pytest.mark.parametrize("color", [(255, 0, 255), (200, 30, 190), (120, 10, 130)])
def test_the_pink_of_missing_textures_is_suspect_when_it_is_looked_for(
    color: tuple[int, int, int], write: Callable[..., Path]
) -> None:
    path = write("a.png")
    with Image.open(path) as picture:
        picture.load()
        picture.paste(color, (20, 20, 80, 60))
        picture.save(path)
    assert "pink" in verify(path, Expected(), look_for_pink=True).suspect
    assert not verify(path, Expected()).suspect


def test_a_web_page_under_a_pictures_name_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "0001.png"
    path.write_bytes(b"<html>Sign in</html>")
    assert "not a PNG" in verify(path, Expected()).broken


def test_a_flipped_bit_is_found_by_the_files_own_checksum(write: Callable[..., Path]) -> None:
    path = write("a.png")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "checksum" in verify(path, Expected()).broken


def test_a_file_of_a_kind_that_nobody_knows_is_taken_by_its_checksum_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache.dat"
    path.write_bytes(b"anything")
    assert not verify(path, Expected(bytes=8)).broken
    assert verify(path, Expected(sha256="0" * 64)).broken
