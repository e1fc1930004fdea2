"""Pictures that would take Python too long to read are not searched: hostile ones may be made for that."""

import io
from pathlib import Path

import hostile_pictures
import numpy
import pytest
from PIL import Image
from test_verify import exr, lit

from farmhand.courier.images import exr_pixels, inspector, png, tiff_pixels

SIZE = (160, 90)


def _dithered(path: Path, **options: str) -> Path:
    values = numpy.random.default_rng(1).integers(0, 2, (SIZE[1], SIZE[0], 3))
    Image.fromarray(values.astype(numpy.uint8)).save(path, **options)
    return path


def _is_black(path: Path) -> bool:
    header = inspector.inspect(path)
    assert header is not None
    return header.is_black


def test_a_png_is_searched_up_to_a_number_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(hostile_pictures.predicted_noise(*SIZE))
    monkeypatch.setattr(png, "_MAX_COST", png._COSTS[4] * 3 * SIZE[0] * SIZE[1])
    assert _is_black(path)
    monkeypatch.setattr(png, "_MAX_COST", png._COSTS[4] * 3 * SIZE[0] * SIZE[1] - 1)
    assert not _is_black(path)


def test_a_black_frame_of_dci_4k_costs_less_than_the_limit_as_blender_filters_rgba() -> None:
    average = 3
    assert 3 * 4096 * 2160 * png._COSTS[average] <= png._MAX_COST


@pytest.mark.parametrize(("height", "is_black"), [(65536, True), (65537, False)])
def test_a_bmp_is_searched_up_to_the_largest_picture_of_blender(height: int, is_black: bool, tmp_path: Path) -> None:
    Image.new("RGB", (1, height)).save(tmp_path / "a.bmp")
    assert _is_black(tmp_path / "a.bmp") == is_black


@pytest.mark.parametrize("packing", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_only_slow_packings_of_tiff_are_limited_by_their_size(
    packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _dithered(tmp_path / "a.tif", compression=packing)
    assert _is_black(path) and inspector.sample(path)
    monkeypatch.setattr(tiff_pixels, "_MAX_SLOW_BYTES", 100)
    assert _is_black(path) == (packing == "tiff_adobe_deflate")


def test_more_of_a_strip_than_its_rows_can_take_is_not_read(tmp_path: Path) -> None:
    path = _dithered(tmp_path / "a.tif")
    found = tiff_pixels.TiffPixels(160, 90, 8, 3, 3, 1, False, False, 90, ((8, 10**9),))
    read = list[int]()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(size or 0)
            return super().read(size)

    rows = list(found.rows(Watched(path.read_bytes()), lambda row: row < 2))
    assert [row for row, _ in rows] == [0, 1]
    assert read and max(read) < 10_000


def test_faint_light_in_a_large_openexr_is_not_searched_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr(lit(R=0.0001, G=0.0001, B=0.0001)))
    assert _is_black(path) and exr_pixels.sample(path)
    monkeypatch.setattr(exr_pixels, "_MAX_RAW_BYTES", 1000)
    assert not _is_black(path)
    monkeypatch.setattr(exr_pixels, "_MAX_SAMPLED_BYTES", 1000)
    assert exr_pixels.sample(path) is None


@pytest.mark.parametrize("compression", [2, 3])
def test_the_pixels_of_an_openexr_are_those_that_were_written(compression: int, tmp_path: Path) -> None:
    light = numpy.random.default_rng(2).random((90, 100)).astype("float16")
    path = tmp_path / "a.exr"
    path.write_bytes(exr({"R": light, "G": light + 1, "B": light + 2}, compression))
    found = exr_pixels.sample(path)
    assert found is not None and len(found.colors) == light.size
    colors = numpy.array(found.colors).reshape(90, 100, 3)
    assert (colors[:, :, 0] == light).all() and (colors[:, :, 2] == (light + 2).astype("float16")).all()
