"""Unpacks an uploaded zip: one .blend at its root, everything else below, nothing outside the folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

_ADVICE = "Submit the file again with Farmhand, or zip it with exactly one .blend at the top."
_CHUNK = 1024 * 1024


class BadPackage(Exception):
    """name: a sentence for the artist."""

    def __init__(self, what: str) -> None:
        self.name = f"{what}  {_ADVICE}"
        super().__init__(self.name)


def unpack(archive: Path, folder: Path, limit: int) -> Path:
    """Unpack into the folder and return the .blend at the root.  Raises BadPackage.

    limit: bytes that may come out; counted while writing, since a zip can lie about its sizes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir()]
            blend = _only_blend(entries)
            left = limit
            for entry in entries:
                left -= _extract(package, entry, _target(folder, entry), left)
            return folder / blend
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError is what zipfile raises for an encrypted entry.
        raise BadPackage(f"The zip cannot be unpacked ({error}).") from error


def _only_blend(entries: list[zipfile.ZipInfo]) -> str:
    names = [entry.filename for entry in entries]
    at_root = [name for name in names if "/" not in name and name.lower().endswith(".blend")]
    if len(at_root) != 1:
        found = "none" if not at_root else str(len(at_root))
        raise BadPackage(f"The zip must have exactly one .blend at its top, and there are {found}.")
    return at_root[0]


def _target(folder: Path, entry: zipfile.ZipInfo) -> Path:
    name = entry.filename
    parts = PurePosixPath(name).parts
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if not parts or name.startswith("/") or ".." in parts or any(c in name for c in "\\:\0") or is_link:
        raise BadPackage(f"The zip holds “{name}”, which does not stay inside its folder.")
    return folder.joinpath(*parts)


def _extract(package: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with package.open(entry) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise BadPackage("The zip unpacks to more than this farm accepts.")
            sink.write(chunk)
    return written
