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
    with zipfile.ZipFile(file) as archive:
        content = {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(_packed(content))
    partial.replace(file)


def _packed(content: dict[str, bytes]) -> bytes:
    """A zip of these files, by name."""
    body, central = bytearray(), bytearray()
    for name, data in sorted(content.items()):
        raw = name.encode()
        method, packed = _DEFLATED, bytes(deflate.deflate_compress(data, _LEVEL))
        if len(packed) >= len(data):  # wheels, which are compressed
            method, packed = _STORED, data
        sizes = (zlib.crc32(data), len(packed), len(data), len(raw), 0)
        entry = struct.pack("<HHHHHIIIHH", _VERSION, _UTF8, method, 0, _DATE, *sizes)
        central += _CENTRAL + struct.pack("<H", _UNIX | _VERSION) + entry
        central += struct.pack("<HHHII", 0, 0, 0, _MODE, len(body)) + raw
        body += _LOCAL + entry + raw + packed
    count = len(content)
    return bytes(body + central + _END + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(body), 0))
