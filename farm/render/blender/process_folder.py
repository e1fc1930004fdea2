"""The folder of one render Blender: the only part of the farm that it sees.

p: its job's package, to be read. o: where frames go. t: temporary files, where it starts. h: its user folder.
c: compiled shaders.
"""

from __future__ import annotations

import os
import shutil
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
        """Bytes that the process has written; counting stops above `most`."""
        used = 0
        for top in (self.output, self.temporary, self.home):
            for place, _, names in os.walk(top):
                for name in names:
                    used += _size(Path(place, name))
                if used > most:
                    return used
        return used


def link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy if the disk does not support links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512 if hasattr(os.stat_result, "st_blocks") else path.lstat().st_size
    except OSError:
        return 0
