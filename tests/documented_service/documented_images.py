"""Image files as a renderer writes them, made with the standard library; every frame is another picture, none black."""

from __future__ import annotations

import random
import struct
import zlib


def png(frame: int, width: int, height: int, seed: str = "") -> bytes:
    """A PNG of 8 bits RGB."""
    noise = random.Random(f"{seed}{frame}")
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def exr(frame: int, width: int, height: int, seed: str = "") -> bytes:
    """An OpenEXR of one 32-bit channel Z, in single lines that are not compressed."""
    noise = random.Random(f"{seed}{frame}")
    box = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channel = b"Z\0" + struct.pack("<iB3xii", 2, 0, 1, 1) + b"\0"
    attributes = (
        ("channels", "chlist", channel),
        ("compression", "compression", b"\0"),
        ("dataWindow", "box2i", box),
        ("displayWindow", "box2i", box),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    )
    header = b"\x76\x2f\x31\x01" + struct.pack("<i", 2)
    for name, kind, value in attributes:
        header += name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
    header += b"\0"
    line = 8 + 4 * width
    first = len(header) + 8 * height
    offsets = b"".join(struct.pack("<Q", first + number * line) for number in range(height))
    lines = b"".join(
        struct.pack("<ii", number, 4 * width)
        + struct.pack(f"<{width}f", *(noise.uniform(1.0, 9.0) for _ in range(width)))
        for number in range(height)
    )
    return header + offsets + lines
