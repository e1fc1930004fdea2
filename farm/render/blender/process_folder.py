"""The folder of one render Blender: all that it sees of the farm.

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
    """shaders: a folder that outlives the process, or None for one that goes with it.

    Shaders of one job's Blender are run by the next one's: they are kept only where all files are one person's own.
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
        """Show a package to the process, without a second copy on disk where the disk can do that."""
        for place, _, names in os.walk(package):
            there = self.package / Path(place).relative_to(package)
            there.mkdir(exist_ok=True)
            for name in names:
                link(Path(place, name), there / name)

    def without_places(self, text: str) -> str:
        """Blender's words without where the farm keeps this folder; paths of the package begin by //, as in Blender."""
        for place, name in ((self.package, "/"), (self.root, "farm")):
            for written in (str(place), place.as_posix()):
                text = text.replace(written, name)
        return text

    def remove(self) -> None:
        remove_tree(self.root)

    def used_bytes(self, most: int) -> int:
        """What the process has written, counted until it is more than `most`."""
        used = 0
        for top in (self.output, self.temporary, self.home):
            for place, _, names in os.walk(top):
                for name in names:
                    used += _size(Path(place, name))
                if used > most:
                    return used
        return used


def link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk has no such names."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512 if hasattr(os.stat_result, "st_blocks") else path.lstat().st_size
    except OSError:
        return 0
