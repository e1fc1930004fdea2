"""What the fuzzer begins with: honest files and answers, and the small ones of the hostile table."""

from __future__ import annotations

import io
import itertools
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import hostile_pictures
from PIL import Image

_SAMPLES = Path(__file__).resolve().parents[1] / "contract" / "samples"
_MAGIC = {"png": (b"\x89PNG",), "exr": (b"\x76\x2f\x31\x01",), "tiff": (b"II*\0", b"MM\0*")}
_MAX_BYTES = 16 * 1024


def seeds_of(target: str) -> Iterator[bytes]:
    """For one of the targets."""
    if target == "zip":
        yield from _zips()
    elif target == "radiance":
        yield from _radiance()
    elif target == "targa":
        for mode, options in itertools.product(("P", "L", "RGB", "RGBA"), ({}, {"compression": "tga_rle"})):
            yield _saved(Image.effect_noise((9, 5), 80).convert(mode), "tga", **options)
    elif target == "other":
        yield from _others()
    elif target == "answer":
        yield from (each.read_bytes() for each in sorted(_SAMPLES.glob("*.json")))
        yield json.dumps({"id": "a", "status": "created", "odd": [[[{"a": 1e308}]]]}).encode()
    else:
        yield from _pictures(target)


def _pictures(target: str) -> Iterator[bytes]:
    if target != "exr":
        for mode in ("RGB", "RGBA", "L", "I;16"):
            for options in ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}, {"big_tiff": True}):
                if target == "tiff" or not options:
                    yield _saved(Image.new(mode, (9, 5), 77 if mode in ("L", "I;16") else None), target, **options)
    for name, data in hostile_pictures.pictures():
        is_first = not name.endswith(tuple("123456789"))
        if data.startswith(_MAGIC[target]) and len(data) <= _MAX_BYTES and is_first:
            yield data


def _radiance() -> Iterator[bytes]:
    packed = b"\2\2\0\x09" + b"\x89\x10\x09abcdefghi\x05abcde\x84\x10\x02ab\x87\0"
    for size, data in (
        (b"-Y 5 +X 9", packed * 5),
        (b"+X 5 -Y 9", b"\x80\x40\x20\x81" * 45),
        (b"-Y 5 +X 9", b"\1\1\1\5"),
    ):
        yield b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + size + b"\n" + data


def _others() -> Iterator[bytes]:
    picture = Image.effect_noise((9, 5), 80)
    for kind in ("jpeg", "bmp", "webp", "jpeg2000"):
        for mode in ("L", "RGB"):
            yield _saved(picture.convert(mode), kind)
    yield _saved(Image.new("RGB", (9, 5)), "bmp")
    yield b"RIFF\x10\0\0\0AVI LIST" + bytes(16)
    for order, magic in ((">", b"SDPX"), ("<", b"XPDS")):
        yield struct.pack(f"{order}4s12xI752xII1268x", magic, 2048, 9, 5)
    yield struct.pack(">I8s4xI4sQ8xI4s", 16, b"ftypisom", 1, b"mdat", 24, 8, b"moov")
    yield next(_zips())


def _saved(image: Image.Image, target: str, **options: str | bool) -> bytes:
    kept = io.BytesIO()
    image.save(kept, target.upper(), **options)
    return kept.getvalue()


def _zips() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        for names in (("a.blend",), ("a.blend", "textures/b.png", "c/d/e.exr"), ("../a.blend", "/b")):
            kept = io.BytesIO()
            with zipfile.ZipFile(kept, "w", method) as archive:
                for name in names:
                    archive.writestr(name, b"BLENDER-v500" * 20)
            yield kept.getvalue()
