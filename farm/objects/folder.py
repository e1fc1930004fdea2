"""Objects in a folder of this computer, which the farm serves itself."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from ...client import files
from .objects import UPLOADS, is_key
from .signed_put import Content


class FolderObjects:
    """See Objects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str) -> Path:
        if not is_key(key):
            raise ValueError(f"{key!a} is not the key of an object")
        return self._folder.joinpath(*key.split("/"))

    def link(self, key: str, method: str, expires: int) -> None:
        return None

    def renew(self) -> None:
        pass

    def signed_put(self, key: str, content: Content) -> None:
        return None

    def arrived(self, key: str) -> int:
        return self.size(key)

    def take(self, key: str) -> int:
        """Already taken: this farm names only complete files, and only once."""
        return self.size(key)

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def sizes(self, folder: str) -> Mapping[str, int]:
        found = [each for each in self.path(folder).rglob("*") if each.is_file()]
        return {each.relative_to(self._folder).as_posix(): each.stat().st_size for each in found}

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def fetch(self, key: str, target: Path) -> None:
        """Makes a hard link instead of a copy if the disk supports it."""
        source = self.path(key)
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)

    def put(self, file: Path, key: str) -> int:
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, target)
        return target.stat().st_size

    def put_first(self, file: Path, key: str) -> bool:
        """Store a finished file unless the key exists by now. Returns whether it was stored."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(file)
        except FileExistsError:
            return False
        except OSError:  # a disk without hard links: Windows refuses the rename, others have one request at a time here
            if target.exists():
                return False
            files.rename(file, target)
        return True

    def copy(self, key: str, target: str) -> int:
        temporary = self.path(f"{target}.part")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.path(key), temporary)
        return self.put(temporary, target)

    def names(self, folder: str) -> Iterable[str]:
        path = self.path(folder)
        return [each.name for each in path.iterdir()] if path.exists() else []

    def remove(self, key: str) -> None:
        path = self.path(key)
        if path.is_dir() and not path.is_symlink():
            files.remove_tree(path)
        else:
            files.remove(path, missing_ok=True)

    def clean(self, before: float) -> None:
        for leftover in (self._folder / UPLOADS).glob("*.part"):
            with contextlib.suppress(FileNotFoundError):  # its upload has finished meanwhile
                if leftover.stat().st_mtime < before:
                    files.remove(leftover, missing_ok=True)
