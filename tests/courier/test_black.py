"""Black as Blender writes it, with dithering and what a denoiser leaves, and night shots that are nearly black."""

from pathlib import Path

import numpy
import pytest
from PIL import Image

from farmhand.courier.frames.verify import Expected, verify

SIZE = (160, 90)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "b.tif", "b.png"])
def test_a_denoisers_specks_leave_black_suspect_and_a_third_pixel_does_not(name: str, tmp_path: Path) -> None:
    """On black without dithering (a) and with Blender's own (b)."""
    picture = noisy(1) if name[0] == "b" else Image.new("RGB", SIZE)
    for count in (1, 2, 3):
        picture.putpixel((40 * count, 45), (4, 3, 3))
        picture.save(tmp_path / name)
        assert ("black" in verify(tmp_path / name, Expected()).suspect) == (count < 3)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
def test_a_dim_thing_of_a_few_pixels_in_dithered_black_is_not_called_black(name: str, tmp_path: Path) -> None:
    picture = noisy(1)
    picture.paste((2, 2, 2), (40, 40, 45, 43))
    picture.save(tmp_path / name)
    assert not verify(tmp_path / name, Expected()).suspect


def noisy(most: int, *, fades: bool = False) -> Image.Image:
    """Black as Blender dithers it; or a night shot of the same values, that has less of them on the right."""
    rng = numpy.random.default_rng(1)
    spread = numpy.linspace(1, 0, SIZE[0])[None, :, None] if fades else 0.5
    values = (rng.random((SIZE[1], SIZE[0], 3)) < spread) * rng.integers(0, most + 1, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(values.astype(numpy.uint8))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "b.tif", "a.bmp"])
@pytest.mark.parametrize("most", [1, 2])
def test_black_that_blender_has_dithered_is_suspect(name: str, most: int, tmp_path: Path) -> None:
    path = tmp_path / name
    packing = {"compression": "tiff_lzw" if name[0] == "b" else "tiff_adobe_deflate"} if name.endswith("tif") else {}
    noisy(most).save(path, **packing)
    assert "black" in verify(path, Expected()).suspect
    noisy(3).save(path, **packing)
    assert not verify(path, Expected()).suspect


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_night_shot_whose_light_fades_is_not_called_black(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    noisy(2, fades=True).save(path)
    assert not verify(path, Expected()).suspect
