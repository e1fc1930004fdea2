"""Whole, of the right size, not black and not pink: pictures as real libraries write them."""

import io
import random
import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from PIL import Image

from farmhand.courier.frames.suspicion import FaultColors, suspicion
from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import inspector
from farmhand.courier.images.sampling import Samples

SIZE = (160, 90)
STANDARD = FaultColors.from_measured({})
FORMATS = ["png", "jpg", "tif", "tga", "bmp", "webp", "jp2"]


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
    verdict = verify(write(f"a.{kind}"), Expected(), colors=STANDARD)
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
        picture.putpixel((80, 45), (0, 5, 0))
        picture.save(path)
    assert not verify(path, Expected()).suspect


@pytest.mark.parametrize("color", [(255, 0, 255), (200, 30, 190), (120, 10, 130)])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_the_pink_of_missing_textures_is_suspect_when_it_is_looked_for(
    name: str, color: tuple[int, int, int], write: Callable[..., Path]
) -> None:
    path = write(name, (90, 90, 90))
    with Image.open(path) as picture:
        picture.load()
        picture.paste(color, (20, 20, 80, 60))
        picture.save(path)
    assert "pink" in verify(path, Expected(), colors=STANDARD).suspect
    assert not verify(path, Expected()).suspect


def test_pink_that_fills_the_frame_is_told_by_its_hue_and_little_green(tmp_path: Path) -> None:
    """With more green, or in colored light, it may be what an artist has chosen."""
    for name, color, is_pink in (
        ("white", (216, 40, 216), True),
        ("green", (216, 70, 216), False),
        ("colored", (216, 40, 150), False),
    ):
        Image.new("RGB", (64, 64), color).save(tmp_path / f"{name}.png")
        assert ("pink" in verify(tmp_path / f"{name}.png", Expected(), colors=STANDARD).suspect) == is_pink


@pytest.mark.parametrize(
    ("rest", "is_pink"),
    [
        ((0.35, 0.4, 0.5), True),  # gray things under a blue sky
        ((0.15, 0.1, 0.6), False),  # gray things in the light of a violet lamp
    ],
)
def test_pink_in_a_blue_light_is_suspect_where_the_rest_shows_daylight(
    rest: tuple[float, float, float], is_pink: bool
) -> None:
    light = [(0.2, 0.02, 0.5)] * 50 + [rest] * 50
    assert ("pink" in suspicion(Samples(light, depth=0), STANDARD)) == is_pink
    greener = [(0.2, 0.065, 0.5)] * 50 + [rest] * 50
    assert not suspicion(Samples(greener, depth=0), STANDARD)
    little = [(0.2, 0.02, 0.5)] * 2 + [rest] * 98
    assert ("pink" in suspicion(Samples(little, depth=0), STANDARD)) == is_pink
    nowhere = FaultColors.from_measured({"can_be_pink": False})
    assert not suspicion(Samples(light, depth=0), nowhere)


@pytest.mark.parametrize("color", [(216, 0, 191), (24, 0, 21)])
def test_the_violet_of_missing_media_is_suspect_when_it_is_looked_for(
    color: tuple[int, int, int], write: Callable[..., Path]
) -> None:
    assert "Sequencer" in verify(write("a.png", color), Expected(), colors=STANDARD).suspect


@pytest.mark.parametrize("color", [(255, 0, 0), (255, 0, 120), (120, 0, 255), (240, 160, 240), (60, 0, 90)])
def test_other_strong_colors_are_good(color: tuple[int, int, int], write: Callable[..., Path]) -> None:
    assert not verify(write("a.png", color), Expected(), colors=STANDARD).suspect


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


def exr(pixels: dict[str, numpy.ndarray], compression: int = 3, **attributes: bytes) -> bytes:
    """An OpenEXR file of lines, not packed (0) or as ZIP (2, 3), as Blender's library writes it."""
    names = sorted(pixels)
    height, width = pixels[names[0]].shape
    kinds = {"float16": 1, "float32": 2}
    channels = b"".join(name.encode() + struct.pack("<x4I", kinds[pixels[name].dtype.name], 0, 1, 1) for name in names)
    values = {
        "channels": channels + b"\0",
        "compression": bytes([compression]),
        "dataWindow": struct.pack("<4i", 0, 0, width - 1, height - 1),
        **attributes,
    }
    head = b"v/1\x01\x02\0\0\0"
    for name, value in values.items():
        head += name.encode() + b"\0kind\0" + struct.pack("<I", len(value)) + value
    lines, chunks = {3: 16}.get(compression, 1), []
    for top in range(0, height, lines):
        rows = range(top, min(top + lines, height))
        data = b"".join(pixels[name][row].tobytes() for row in rows for name in names)
        packed = _packed(data) if compression else data
        chunks.append(struct.pack("<iI", top, min(len(packed), len(data))) + min(packed, data, key=len))
    at, table = len(head) + 1 + 8 * len(chunks), b""
    for chunk in chunks:
        table += struct.pack("<Q", at)
        at += len(chunk)
    return head + b"\0" + table + b"".join(chunks)


def _packed(data: bytes) -> bytes:
    apart = numpy.frombuffer(data[::2] + data[1::2], numpy.uint8)
    return zlib.compress((numpy.diff(apart, prepend=numpy.uint8(128)) + numpy.uint8(128)).tobytes())


def lit(*, half: bool = True, **lights: float) -> dict[str, numpy.ndarray]:
    """Channels of 90 lines; a number is the value of the whole channel."""
    return {
        name.replace("_", "."): numpy.full((90, 160), value, "float16" if half else "float32")
        for name, value in lights.items()
    }


@pytest.mark.parametrize("compression", [0, 2, 3])
@pytest.mark.parametrize("half", [True, False])
def test_an_all_black_openexr_is_suspect_whatever_its_alpha_and_depth(
    compression: int, half: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr(lit(half=half, R=0, G=0, B=0, A=1, Z=7.25), compression))
    assert "black" in verify(path, Expected(width=160, height=90)).suspect
    path.write_bytes(exr(lit(ViewLayer_Combined_R=0, ViewLayer_Normal_Y=0.3, ViewLayer_Mist_B=1), compression))
    assert "black" in verify(path, Expected()).suspect


@pytest.mark.parametrize("compression", [0, 2, 3])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (47, 80), (89, 159)])
def test_an_openexr_with_one_light_spot_is_good(compression: int, place: tuple[int, int], tmp_path: Path) -> None:
    pixels = lit(R=0, G=0, B=0, A=1)
    pixels["R"][:] = pixels["B"][:] = 0.0001  # as the denoiser leaves it
    pixels["G"][place] = pixels["G"][3, 3] = 0.0009
    path = tmp_path / "a.exr"
    path.write_bytes(exr(pixels, compression))
    assert "black" in verify(path, Expected()).suspect
    pixels["G"][place] = 0.0011
    path.write_bytes(exr(pixels, compression))
    verdict = verify(path, Expected(width=160, height=90))
    assert (verdict.broken, verdict.suspect) == ("", "")


def test_an_openexr_with_dim_light_on_three_pixels_is_good(tmp_path: Path) -> None:
    pixels = lit(R=0, G=0, B=0)
    for light in pixels.values():
        light[3, 7:10] = 0.0004
    path = tmp_path / "a.exr"
    path.write_bytes(exr(pixels))
    assert not verify(path, Expected()).suspect


def test_an_openexr_that_lacks_its_last_byte_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr({"R": numpy.random.default_rng(7).random((90, 160)).astype("float16")})[:-1])
    assert "missing" in verify(path, Expected()).broken


def test_an_openexr_without_colors_is_not_called_black(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr(lit(Depth_Z=0)))
    assert not verify(path, Expected()).suspect


@pytest.mark.parametrize("name", ["a.bmp", "a.tif"])
def test_another_kind_that_is_all_black_is_suspect_too(name: str, write: Callable[..., Path]) -> None:
    path = write(name, (0, 0, 0))
    assert "black" in verify(path, Expected()).suspect
    with Image.open(path) as picture:
        picture.load()
        picture.putpixel((159, 89), (0, 0, 5))
        picture.save(path)
    assert not verify(path, Expected()).suspect


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_packed_tiff_that_is_all_black_is_suspect(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    for value, word in ((0, "black"), (3, "")):
        color = {"RGB": (0, value, 0), "RGBA": (0, value, 0, 255), "L": value}[mode]
        Image.new(mode, SIZE, color).save(path, compression="tiff_adobe_deflate", tiffinfo={317: 2})
        verdict = verify(path, Expected())
        assert (word in verdict.suspect, bool(verdict.suspect), verdict.broken) == (True, bool(word), "")


def samples() -> dict[str, bytes]:
    """A whole file of every kind."""
    noise = numpy.random.default_rng(1).integers(0, 255, (30, 40, 3), dtype=numpy.uint8)
    found = {}
    names = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "tga": "TGA", "bmp": "BMP", "webp": "WEBP", "jp2": "JPEG2000"}
    for kind, name in names.items():
        file = io.BytesIO()
        Image.fromarray(noise).save(file, name)
        found[kind] = file.getvalue()
    found["exr"] = exr(lit(R=0, G=0, B=0, A=1))
    found["hdr"] = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 10 +X 10\n" + b"x" * 400
    found["dpx"] = b"SDPX" + struct.pack(">I8xI752xII", 2048, 4776, 10, 10) + b"\0" * 4000
    found["mp4"] = (
        struct.pack(">I8sI", 16, b"ftypisom", 0) + struct.pack(">I4s8x", 16, b"moov") + b"\0\0\3\xe8mdat" + b"\1" * 992
    )
    found["avi"] = b"RIFF" + struct.pack("<I", 404) + b"AVI " + b"x" * 400
    found["zip"] = b"PK\3\4" + b"x" * 400 + b"PK\5\6" + b"\0" * 18
    return found


def test_every_sample_is_whole_and_of_a_kind_that_we_know(tmp_path: Path) -> None:
    for kind, data in samples().items():
        path = tmp_path / f"a.{kind}"
        path.write_bytes(data)
        assert inspector.inspect(path) is not None
    shown = {one.kind for one in inspector.FORMATS for kind in samples() if f".{kind}" in one.suffixes}
    assert {one.kind for one in inspector.FORMATS} == shown


@pytest.mark.parametrize("kind", samples())
def test_however_a_file_is_damaged_it_is_broken_in_words_or_taken(kind: str, tmp_path: Path) -> None:
    whole, rng = samples()[kind], random.Random(3)
    path = tmp_path / f"a.{kind}"
    tracemalloc.start()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(min(len(data), 400) if rng.random() < 0.8 else len(data))
            data[at] = rng.choice((0, 255, rng.randrange(256)))
        path.write_bytes(data[: rng.choice((len(data), rng.randrange(1, len(data))))])
        try:
            inspector.inspect(path)
        except ValueError as problem:
            assert re.fullmatch(r"(it|its|parts|rows|a) [A-Za-z0-9 ]+", str(problem)), problem
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 32 * 1024 * 1024


@pytest.mark.parametrize(
    "data",
    [
        exr(lit(R=0), chunkCount=struct.pack("<i", 2**31 - 1)),
        exr(lit(R=0), chunkCount=struct.pack("<i", -5)),
        exr(lit(R=0), dataWindow=struct.pack("<4i", -(2**31), -(2**31), 2**31 - 1, 2**31 - 1)),
        exr(lit(R=0), compression=0).replace(b"compression", b"compressiom"),
        b"II*\0\x08\0\0\0" + struct.pack("<H2HII", 1, 273, 4, 2**32 - 1, 8) + b"\0" * 99,
    ],
)
def test_a_count_that_no_file_can_hold_is_broken_before_anything_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.picture"
    path.write_bytes(data)
    tracemalloc.start()
    assert verify(path, Expected()).broken
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * 1024 * 1024
