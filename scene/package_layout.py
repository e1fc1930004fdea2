"""Where each file is in the package: one .blend at the root, everything else below files/. Does not use bpy.

Folders keep their structure, so that a library's relative paths mostly stay valid and it is sent unchanged. Names that
another system could not unpack are changed; files of a sequence or a cache folder stay together.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

from ..jobs.folder import hidden_characters
from ..jobs.folder.device_names import is_device

ROOT = "files"
_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f]')
_END = re.compile(r"[. ]+$")
_TOKENS = re.compile(r"(<UDIM>|<UVTILE>)")
_LONGEST = 120
_BLEND = re.compile(r"(?i)(?<=.)(\.blend)\d*@?$")


class Thing(Protocol):
    """One thing to be placed: see scan.Found."""

    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def missing(self) -> tuple[str, ...]: ...
    @property
    def beside(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def reason(self) -> str: ...


class PackageLayout:
    """The layout of one package. On any system, no two files share a place, and no two folders are merged.

    of: reference path → place. files: place → source, everything but the main .blend.
    """

    def __init__(self, main: str, blend: str, things: Iterable[Thing]) -> None:
        self.main = clean(blend_name(main))
        self.of: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.thing_at: dict[str, Thing] = {}
        self._blend = blend
        self._taken = {_key(self.main): ""}
        self._folders: dict[str, str] = {}
        self._same: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        ordered = sorted(things, key=lambda one: (bool(one.beside), "library" not in one.kind, one.path))
        self._common = _common_folders(ordered)
        for thing in ordered:
            self._beside(thing) if thing.beside else self._place(thing)

    def blend_place(self, blend: str) -> str:
        """The place of a .blend; the open one is the package's main file."""
        return self.main if blend == self._blend else self.of.get(blend, "")

    def add(self, place: str, file: str, thing: Thing) -> None:
        """Put a file where a farm looks for it, outside the folders that keep their structure.

        Args:
            place: in the package, with slashes; free as `is_free` says.
            file: absolute.
            thing: what it is for, for the manifest.
        """
        self._put(place, file, thing)

    def _beside(self, thing: Thing) -> None:
        """Place files that Blender finds next to their .blend, in a folder with its name."""
        blend = self.blend_place(thing.beside)
        if not blend:
            return
        folder, name = os.path.split(blend)
        for file in _there(thing):
            place = _join(folder, f"blendcache_{os.path.splitext(name)[0]}", os.path.basename(file))
            self._put(place, file, thing)

    def _place(self, thing: Thing) -> None:
        files = _there(thing)
        if not files and thing.kind != "packed library":
            return
        identity = self._identity(thing.path) if files == [thing.path] else ""
        if identity in self._same and _extension(self._same[identity]) == _extension(thing.path):
            self.of[thing.path] = self._same[identity]
            return
        base = _base(thing)
        there = home = self._home(base)
        number = 1
        while not self._is_free(wanted := _below(there, base, files)):
            number += 1
            # Right below the root, where no file can have the name of such a folder.
            there = _join(ROOT, f"~{number}", home.removeprefix(ROOT).lstrip("/"))
        for place, file in wanted.items():
            self._put(place, file, thing)
        self.of[thing.path] = there if base == thing.path else _join(there, clean(os.path.basename(thing.path)))
        if identity:
            self._same[identity] = self.of[thing.path]

    def _identity(self, path: str) -> str:
        """The resolved path, the same for all links to a file."""
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return os.path.join(self._real[folder], name)

    def _home(self, base: str) -> str:
        if base not in self._homes:
            self._homes[base] = self._home_of(base)
        return self._homes[base]

    def _home_of(self, base: str) -> str:
        drive = drive_of(base)
        parts = _parts(_within(self._common[drive], base))
        return _join(ROOT, *([clean(drive.replace(":", ""))] if len(self._common) > 1 else []), *parts)

    def _is_free(self, wanted: dict[str, str]) -> bool:
        """Whether no other file or folder has these names, even on systems that ignore case."""
        keys = {_key(place): file for place, file in wanted.items()}
        if any(self._taken.get(key, file) != file or key in self._folders for key, file in keys.items()):
            return False
        folders = {(os.path.dirname(key), os.path.dirname(file)) for key, file in keys.items()}
        return all(
            folder not in self._taken and self._folders.get(folder, source) == source
            for key, file in folders
            for folder, source in self._above(key, file)
        )

    def _above(self, folder: str, source: str) -> Iterator[tuple[str, str]]:
        """A folder's key and those of its parents, each with its folder on disk, "" if there is no single one."""
        common = self._common.get(drive_of(source), "")
        while folder:
            yield folder, os.path.normcase(source) if len(source) > len(common) else ""
            folder, source = os.path.dirname(folder), os.path.dirname(source)

    def _put(self, place: str, file: str, thing: Thing) -> None:
        key = _key(place)
        self._taken[key] = file
        for folder, source in self._above(os.path.dirname(key), os.path.dirname(file)):
            if folder in self._folders:
                break
            self._folders[folder] = source
        self.files[place] = file
        self.thing_at.setdefault(place, thing)


def keeps_name(place: str, source: str) -> bool:
    """Whether the file and its folders have the same names in the package as on disk."""
    drive, path = drive_of(source), os.path.splitdrive(source)[1]
    below = place.split("/")
    own = path.replace(os.sep, "/").split("/")
    if below[0] == ROOT:
        below = below[1:]
    if drive and below[0] == clean(drive.replace(":", "")):
        below = below[1:]
    return below == own[-len(below) :]


def blend_name(name: str) -> str:
    """The name of a .blend as a service accepts it: Blender also opens shot.blend1, shot.blend@ and shot."""
    match = _BLEND.search(name)
    stem = name[: match.start()] if match else name
    return f"{stem or 'scene'}.blend"


@functools.cache
def clean(name: str) -> str:
    """The name as every system can unpack it. Digits and tokens of sequences stay unchanged."""
    visible = hidden_characters.replaced(name, "_")  # farms refuse them in a zip
    pieces = [piece if _TOKENS.fullmatch(piece) else _FORBIDDEN.sub("_", piece) for piece in _TOKENS.split(visible)]
    # Names that are not UTF-8 on this system cannot be stored in a zip unchanged.
    text = unicodedata.normalize("NFC", "".join(pieces)).encode(errors="replace").decode().replace("?", "_")
    text = _END.sub(lambda match: "_" * len(match[0]), text)
    text = "_" + text if is_device(text) else text
    if len(text.encode()) > _LONGEST:
        head, tail = text[:-40], text[-40:]
        text = hashlib.sha256(head.encode()).hexdigest()[:12] + "~" + tail
    return text


def drive_of(path: str) -> str:
    """The drive or share of an absolute path, as Windows compares them; "" elsewhere."""
    return os.path.splitdrive(os.path.normpath(path))[0].upper()


def _within(folder: str, path: str) -> str:
    """A path below a folder, relative to it. On Windows, os.path.relpath treats `aux` as a device."""
    names = [[name for name in os.path.normpath(one).split(os.sep) if name] for one in (folder, path)]
    return os.sep.join(names[1][len(names[0]) :])


def _parts(relative: str) -> list[str]:
    return [clean(part) for part in relative.split(os.sep) if part not in ("", ".")]


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _key(place: str) -> str:
    return unicodedata.normalize("NFC", place).casefold()


def _there(thing: Thing) -> list[str]:
    missing = set(thing.missing)
    return [file for file in thing.files if file not in missing]


def _base(thing: Thing) -> str:
    """The folder that keeps its structure: a cache folder itself, or the folder of a file."""
    is_folder = any(file.startswith(thing.path + os.sep) for file in thing.files)
    return thing.path if is_folder else os.path.dirname(thing.path)


def _below(home: str, base: str, files: list[str]) -> dict[str, str]:
    """Place → file, with unique names."""
    wanted: dict[str, str] = {}
    keys: set[str] = set()
    for file in files:
        place = plain = _join(home, *_parts(_within(base, file)))
        number = 1
        while _key(place) in keys:
            number += 1
            place = f"{plain}~{number}"
        keys.add(_key(place))
        wanted[place] = file
    return wanted


def _extension(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _common_folders(things: Iterable[Thing]) -> dict[str, str]:
    """For each drive, the deepest folder that contains everything."""
    by_drive: dict[str, list[str]] = {}
    for thing in things:
        if not thing.beside and (_there(thing) or thing.kind == "packed library"):
            base = _base(thing)
            by_drive.setdefault(drive_of(base), []).append(base)
    return {drive: os.path.commonpath(folders) for drive, folders in by_drive.items()}
