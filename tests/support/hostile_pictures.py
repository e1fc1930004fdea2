"""Pictures that are damaged, or that a reader could take hours and gigabytes for."""

import random
import struct
import zlib
from collections.abc import Iterator

MIB = 1024 * 1024


def pictures() -> Iterator[tuple[str, bytes]]:
    """Each with a name."""
    yield from _images()
    randomly = random.Random(2)
    for kind, data in {"PNG": _png(64, 36), "JPEG": _PLAIN_JPEG, "EXR": _exr(64, 36), "TIFF": _TIFF}.items():
        for number in range(60):
            damaged = bytearray(data)
            for _ in range(randomly.randint(1, 8)):
                damaged[randomly.randrange(len(damaged))] = randomly.randrange(256)
            yield f"{kind} damaged {number}", bytes(damaged)


def large_pictures() -> Iterator[tuple[str, bytes]]:
    """Those that took the readers minutes, each with a name."""
    yield "EXR of faint light everywhere", _exr(16384, 4096, light=zlib.compress(_faint(16 * 6 * 16384)))
    yield (
        "EXR of a thousand channels and one column",
        _exr(1, 50_000, 1003, zlib.compress(bytes([128]) * (16 * 2 * 1003))),
    )
    yield "PNG of predicted noise", predicted_noise(2000, 1500)
    yield (
        "BMP of one column",
        struct.pack("<2s6i2H6i", b"BM", 54 + 32 * MIB, 0, 54, 40, 1, 8 * MIB, 1, 24, *bytes(6)) + bytes(32 * MIB),
    )
    yield "TIFF of LZW that forgets all it has read", _tiff_of(_FORGETS * (64 * MIB // len(_FORGETS)))


_PLAIN_JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xc0\0\x0b\x08\0\x24\0\x40\x01\0\0\0" + b"\xff\xd9"
_TIFF = struct.pack("<2sHIH", b"II", 42, 8, 3) + b"".join(
    struct.pack("<HHII", tag, 4, 1, value) for tag, value in ((256, 64), (257, 36), (273, 8))
)  # fmt: skip


def _images() -> Iterator[tuple[str, bytes]]:
    yield "PNG of one row of 389 kB", _png(2**27, 1, bytes(200 * MIB))
    yield "PNG of a billion rows", _png(1, 2**30, bytes(64 * MIB))
    yield "PNG bomb", _png(20_000, 20_000, bytes(256 * MIB))
    yield "PNG in pieces of a byte", _png(60_000, 1, bytes(180_001), piece=1)
    yield "JPEG of endless empty parts", b"\xff\xd8" + b"\xff\xe0\0\2" * MIB + b"\xff\xd9"
    yield "JPEG whose parts have no length", b"\xff\xd8" + b"\xff\xe0\0\0" * MIB + b"\xff\xd9"
    yield "MP4 of endless empty boxes", struct.pack(">I4s", 8, b"ftyp") + struct.pack(">I4s", 8, b"free") * MIB
    yield "EXR whose chunks are all one", _exr(4096, 2**19)
    yield "EXR of endless channels", _exr(64, 36, channels=400_000)
    yield "TIFF of one tag again and again", b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 273, 4, 2**18, 8) * 65535


_FORGETS = int("100000000" * 8, 2).to_bytes(9, "big")
"""The code that clears the table, eight times."""


def _tiff_of(strip: bytes) -> bytes:
    """Gray, packed as LZW."""
    values = (
        (256, 9000),
        (257, 9000),
        (258, 8),
        (259, 5),
        (262, 1),
        (273, 134),
        (277, 1),
        (278, 9000),
        (279, len(strip)),
    )
    head = struct.pack("<2sHIH", b"II", 42, 8, len(values))
    head += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values)
    return head.ljust(134, b"\0") + strip


def _faint(size: int) -> bytes:
    """Packed lines of an image: bytes that differ from their neighbors here and there, by one."""
    part = b"\x80" * 99 + b"\x81\x7f"
    return (part * (size // len(part) + 1))[:size]


def predicted_noise(width: int, height: int) -> bytes:
    """Noise of zeros and ones, each row as the one above, filtered by Paeth's method."""
    row = random.Random(3).choices((0, 1), k=3 * width)
    first, other = _by_paeth(row, [0] * len(row)), _by_paeth(row, row)
    return _png(width, height, first + other * (height - 1))


def _by_paeth(row: list[int], above: list[int]) -> bytes:
    out = bytearray(b"\4")
    for at, value in enumerate(row):
        left, corner = (row[at - 3], above[at - 3]) if at >= 3 else (0, 0)
        nearest = min((left, above[at], corner), key=lambda one: abs(left + above[at] - corner - one))
        out.append((value - nearest) & 255)
    return bytes(out)


def _png(width: int, height: int, raw: bytes | None = None, piece: int = 1 << 20) -> bytes:
    raw = b"".join(b"\0" + bytes(3 * width) for _ in range(height)) if raw is None else raw
    packed = zlib.compress(raw, 9)
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(b"IDAT", p) for p in pieces)
        + chunk(b"IEND", b"")
    )


def _exr(width: int, height: int, channels: int = 3, light: bytes = b"") -> bytes:
    """light: the data of all chunks, of 16 lines; without it, all offsets lead to one chunk."""
    colors = [b"%c" % name for name in b"BGR"] if light else []
    names = [*colors, *(b"%d" % number for number in range(channels - len(colors)))]
    listed = b"".join(name + b"\0" + struct.pack("<IIii", 1, 0, 1, 1) for name in names)
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = [
        (b"channels", b"chlist", listed + b"\0"),
        (b"compression", b"compression", b"\3"),
        (b"dataWindow", b"box2i", window),
    ]
    head = b"v/1\x01" + struct.pack("<I", 2)
    head += b"".join(n + b"\0" + k + b"\0" + struct.pack("<I", len(v)) + v for n, k, v in attributes) + b"\0"
    count = -(-height // 16)
    if light:
        first, step = len(head) + 8 * count, 8 + len(light)
        table = b"".join(struct.pack("<Q", first + number * step) for number in range(count))
        chunks = b"".join(struct.pack("<iI", 16 * number, len(light)) + light for number in range(count))
        return head + table + chunks
    return head + struct.pack("<Q", len(head) + 8 * count) * count + struct.pack("<iI", 0, 20) + bytes(20)
