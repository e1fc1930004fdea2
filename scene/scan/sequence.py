"""Paths that stand for many files: numbered sequences, tiles of a UDIM set, folders of a cache. Does not use bpy."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

Files = tuple[tuple[str, ...], tuple[str, ...]]


def numbered(path: str, number: int) -> str:
    """The file of the sequence with this number, with at least as many digits as the named one."""
    folder, name = os.path.split(path)
    parts = _split(name)
    if parts is None:
        return path
    head, digits, tail = parts
    return os.path.join(folder, f"{head}{number:0{len(digits)}d}{tail}")


def first_number(path: str) -> int | None:
    """The number in the name, or None."""
    parts = _split(os.path.basename(path))
    return int(parts[1]) if parts else None


def of_numbers(path: str, numbers: Iterable[int] | None) -> Callable[[], Files]:
    """The files with these numbers; for None, every existing file of the sequence."""

    def find() -> Files:
        if _split(os.path.basename(path)) is None:
            return _checked([path])
        if numbers is None:
            return _checked(whole(path) or [path])
        return _checked([numbered(path, number) for number in sorted(set(numbers))])

    return find


def whole(path: str) -> list[str]:
    """Every file on disk that differs from the named one only in its number."""
    folder, name = os.path.split(path)
    parts = _split(name)
    if parts is None:
        return [path]
    pattern = re.compile(re.escape(parts[0]) + r"\d+" + re.escape(parts[2]))
    return [os.path.join(folder, each) for each in _names(folder) if pattern.fullmatch(each)]


def counting(path: str) -> Callable[[], int]:
    """How many files the sequence has on disk."""
    return lambda: len(whole(path))


def tiles(path: str, numbers: Iterable[int]) -> Callable[[], Files]:
    """The tiles of a UDIM set; the name contains <UDIM> or <UVTILE>."""

    def find() -> Files:
        return _checked([tile(path, number) for number in sorted(numbers)])

    return find


def tiles_there(path: str) -> list[str]:
    """Every tile on disk, for a set without a list of numbers. A name without <UDIM> or <UVTILE> gives itself."""
    folder, name = os.path.split(path)
    pattern = re.escape(name).replace("<UDIM>", r"\d{4}").replace("<UVTILE>", r"u\d+_v\d+")
    names = _names(folder) if pattern != re.escape(name) else [name]
    found = [os.path.join(folder, each) for each in names if re.fullmatch(pattern, each)]
    return [each for each in found if os.path.isfile(each)]


def tile(path: str, number: int) -> str:
    """The file of one tile."""
    column, row = (number - 1001) % 10 + 1, (number - 1001) // 10 + 1
    return path.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{column}_v{row}")


def inside(folder: str, parts: Iterable[str]) -> Callable[[], Files]:
    """The files directly in these subfolders, as the folder may contain other things. Missing ones have none."""

    def find() -> Files:
        places = [os.path.join(folder, part) for part in parts]
        found = [os.path.join(place, name) for place in places for name in _names(place)]
        return tuple(sorted(file for file in found if os.path.isfile(file))), ()

    return find


def starting_with(folder: str, prefix: str, suffix: str) -> Callable[[], Files]:
    """A function that finds a folder's files whose names start and end in this way, each time it is called.

    Args:
        folder: absolute; a missing one has no files.
        prefix, suffix: case-sensitive.
    """

    def find() -> Files:
        names = [name for name in _names(folder) if name.startswith(prefix) and name.endswith(suffix)]
        return tuple(os.path.join(folder, name) for name in names), ()

    return find


def _checked(paths: list[str]) -> Files:
    return tuple(paths), tuple(path for path in paths if not os.path.isfile(path))


def _split(name: str) -> tuple[str, str, str] | None:
    """Head, digits, tail around the last run of digits before the extension."""
    stem, extension = os.path.splitext(name)
    match = re.fullmatch(r"(.*?)(\d+)(\D*)", stem, re.DOTALL)
    return (match[1], match[2], match[3] + extension) if match else None


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
