"""The same content as the same bytes: a zip that tells nothing of the machine and the day that it was built on."""

import struct
import zipfile
import zlib
from pathlib import Path

import deflate

_LEVEL = 12
"""The slowest and smallest: a quarter of a second for everything."""
_DATE = 1 << 5 | 1
"""1 January 1980, the first day that a zip can name."""
_UNIX, _VERSION, _UTF8, _STORED, _DEFLATED = 3 << 8, 20, 0x800, 0, 8
_MODE = 0o100644 << 16
_LOCAL, _CENTRAL, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def repack(file: Path) -> None:
    """Write a zip anew: entries by name, one date, one mode, compressed by one library of one version.

    The zlib below Python's zipfile is another one on each system, and its output differs; libdeflate comes pinned from
    requirements/dev.txt, and gives the same bytes everywhere.
    """
    _write(file, _packed(_content(file)))


def repack_for_a_zip(file: Path) -> None:
    """The same for a zip that another one will hold: not compressed if that makes the other one smaller.

    What small files have in common is only found if they are compressed as one.
    """
    content = _content(file)
    _write(file, min((_packed(content), _packed(content, is_compressed=False)), key=_size_in_a_zip))


def _content(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}


def _write(file: Path, data: bytes) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(data)
    partial.replace(file)


def _size_in_a_zip(data: bytes) -> int:
    return min(len(data), len(deflate.deflate_compress(data, _LEVEL)))


def _packed(content: dict[str, bytes], *, is_compressed: bool = True) -> bytes:
    """A zip of these files, by name."""
    body, central = bytearray(), bytearray()
    for name, data in sorted(content.items()):
        raw = name.encode()
        method, packed = _DEFLATED, bytes(deflate.deflate_compress(data, _LEVEL))
        if not is_compressed or len(packed) >= len(data):  # some wheels are compressed already
            method, packed = _STORED, data
        sizes = (zlib.crc32(data), len(packed), len(data), len(raw), 0)
        entry = struct.pack("<HHHHHIIIHH", _VERSION, _UTF8, method, 0, _DATE, *sizes)
        central += _CENTRAL + struct.pack("<H", _UNIX | _VERSION) + entry
        central += struct.pack("<HHHII", 0, 0, 0, _MODE, len(body)) + raw
        body += _LOCAL + entry + raw + packed
    count = len(content)
    return bytes(body + central + _END + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(body), 0))
