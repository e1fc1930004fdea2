"""The folder of one render Blender: the only part of the farm that it sees.

p: its job's package, to be read. o: where frames go. t: temporary files, where it starts. h: its user folder.
c: compiled shaders.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ....client.files import remove_tree


@dataclass(frozen=True, slots=True)
class ProcessFolder:
    """shaders: a folder that outlives the process, or None for one that is removed with it.

    The next job's Blender runs the compiled shaders of this one: they are kept only if all files are one person's.
    """

    root: Path
    shaders: Path | None = None

    @property
    def package(self) -> Path:
        return self.root / "p"

    @property
    def output(self) -> Path:
        return self.root / "o"

    @property
    def temporary(self) -> Path:
        return self.root / "t"

    @property
    def home(self) -> Path:
        return self.root / "h"

    @property
    def cache(self) -> Path:
        return self.shaders or self.root / "c"

    def create(self) -> None:
        for folder in (self.package, self.output, self.temporary, self.home, self.cache):
            folder.mkdir(parents=True, exist_ok=True)

    def lay_out(self, package: Path) -> None:
        """Put a package into the folder, with hard links instead of copies if the disk supports them."""
        for place, _, names in os.walk(package):
            there = self.package / Path(place).relative_to(package)
            there.mkdir(exist_ok=True)
            for name in names:
                link(Path(place, name), there / name)

    def without_places(self, text: str) -> str:
        """Blender's output without the path of this folder; paths in the package start with //, as in Blender."""
        for place, name in ((self.package, "/"), (self.root, "farm")):
            for written in (str(place), place.as_posix()):
                text = text.replace(written, name)
        return text

    def remove(self) -> None:
        remove_tree(self.root)

    def used_bytes(self, most: int) -> int:
        """Bytes that the process has written; counting stops above `most`.

        A folder that cannot be read, or is deeper than paths can be, counts as more: it hides what is in it.
        """
        used, folders = 0, [str(each) for each in (self.output, self.temporary, self.home, self.cache)]
        while folders and used <= most:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        used += _size(entry)
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
            except (FileNotFoundError, NotADirectoryError):  # the process has removed it meanwhile
                continue
            except OSError:
                return most + 1
        return used


def link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy if the disk does not support links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # the process has removed it meanwhile
        return 0
    return found.st_blocks * 512 if sys.platform != "win32" else found.st_size
