"""What strangers' bytes are read by: the verifiers of pictures and packages, and the reader of a service's answers.

A target takes bytes and returns, whatever they are; what it raises is a fault. Refusals in words are no faults.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from farmhand.client import answers
from farmhand.client.models import Downloads, Job, JobPage, Progress, UploadTarget
from farmhand.client.tolerant import Answer
from farmhand.courier.images import inspector
from farmhand.courier.images import tiff as tiff_reader
from farmhand.farm.cluster import blend_version
from farmhand.farm.render.packages.unpack import BadPackage, unpack

UNPACKED_BYTES = 1_000_000
MAX_BYTES = 32 * 1024
FOLDER = "FARMHAND_FUZZ_FOLDER"
"""Variable that names where inputs are written; the fuzzer ends without leaving time to tidy up."""
_MEMORY = Path("/dev/shm")
_FOLDER = Path(
    os.environ.get(FOLDER) or tempfile.mkdtemp(prefix="farmhand-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None)
)
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


def png(data: bytes) -> None:
    _picture(data, b"\x89PNG\r\n\x1a\n")


def exr(data: bytes) -> None:
    _picture(data, b"\x76\x2f\x31\x01")


def tiff(data: bytes) -> None:
    known = (magic for _, magic in tiff_reader.FORMAT.magics if data.startswith(magic))
    _picture(data, next(known, b"II*\0"))


def radiance(data: bytes) -> None:
    _picture(data, b"#?RADIANCE")


def targa(data: bytes) -> None:
    """Only its name tells what it is."""
    _picture(data, b"", ".tga")


def other(data: bytes) -> None:
    """JPEG, BMP, WebP, AVI, DPX, JPEG 2000, MP4 and ZIP: their first bytes tell which."""
    with contextlib.suppress(ValueError):
        inspector.inspect(_written(data))


def zip(data: bytes) -> None:
    """Nothing is unpacked but plain files inside the folder, and no more of them than is allowed."""
    path = _written(data)
    with path.open("rb") as file:
        blend_version.of_package(file, "zip")
    folder = _FOLDER / "out"
    try:
        assert unpack(path, folder, UNPACKED_BYTES).parent == folder
    except BadPackage:
        return
    found = list(folder.rglob("*"))
    assert not any(each.is_symlink() for each in found)
    assert sum(each.stat().st_size for each in found if each.is_file()) <= UNPACKED_BYTES


def answer(data: bytes) -> None:
    """Whatever is kept of an answer can be written and sent."""
    try:
        told = answers.decoded(data)
    except (ValueError, RecursionError):
        return
    for kind in (Job, Progress, Downloads, UploadTarget):
        _read(kind, answers.unwrapped(told, kind.marks))
    _read(JobPage, answers.page_of_jobs(told))


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (png, exr, tiff, radiance, targa, other, zip, answer)
}


def _picture(data: bytes, magic: bytes, suffix: str = "") -> None:
    path = _written(magic + data[len(magic) :], suffix)
    for look in (inspector.inspect, inspector.sample):
        try:
            look(path)
        except ValueError:
            continue


def _written(data: bytes, suffix: str = "") -> Path:
    path = _FOLDER / f"input{suffix}"
    path.write_bytes(data)
    return path


def _read(kind: type[Answer], told: object) -> None:
    try:
        found = kind.read(told)
    except ValidationError:
        return
    json.dumps(found.to_wire()).encode()
