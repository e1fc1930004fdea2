"""Packs random project trees, one after the other in this one Blender. Runs in a Blender: FOLDER, how many, a seed.

With the word "trees" after these it makes the trees and leaves them there.

Each tree: textures under random names in random folders, named by relative, climbing (`..`) or absolute paths, through
links to files and to folders, some of them in a linked .blend. Each package is unpacked alone and opened; every image
in it must be there and hold the bytes of its original.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import traceback
import zipfile
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import do_in_blender
import making

NAMES = ("tex", "Tex", "TEX", "aux", "con", "a b", "end.", "é", "e\u0301", "ß", "質感", "x" * 90, "a:b", "q?", "wood 7")


class Tree:
    """One random project below a folder."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._chance = chance
        self._home = folder / "1" / "2" / "project"
        self._home.mkdir(parents=True)
        self._folders = [self._home, folder / "1", self._home / "deep"]
        self._number = 0

    def build(self) -> Path:
        """The .blend of the scene."""
        library = self._blend("library", self._chance.randint(1, 3)) if self._chance.random() < 0.4 else None
        return self._blend("scene", self._chance.randint(1, 5), library)

    def _blend(self, name: str, textures: int, library: Path | None = None) -> Path:
        thing = making.plane()
        blend = making.save(self._folder() / f"{name}.blend")
        for _ in range(textures):
            file = self._texture()
            image = bpy.data.images.load(str(file))
            image.name = _content(file)  # what it must be in the package
            image.filepath = self._named(file, blend.parent)
            image.use_fake_user = True
            making.paint(thing, image)
        if library is not None:
            with bpy.data.libraries.load(str(library), link=True) as (there, wanted):
                wanted.materials = there.materials
            for material in wanted.materials:
                thing.data.materials.append(material)
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), relative_remap=False)
        return blend

    def _texture(self) -> Path:
        self._number += 1
        file = self._folder() / f"{self._name()}.png"
        if file.exists():
            file = file.with_stem(f"{file.stem} {self._number}")
        making.image_file(file, self._chance.choice((0.25, self._number / 50)))
        if self._chance.random() < 0.3:
            link = self._folder() / f"link {self._number}"
            link.symlink_to(file.parent)
            return link / file.name
        if self._chance.random() < 0.2:
            link = self._folder() / f"link {self._number}.png"
            link.symlink_to(file)
            return link
        return file

    def _folder(self) -> Path:
        folder = self._chance.choice(self._folders)
        for _ in range(self._chance.randint(0, 2)):
            folder = folder / self._name()
        folder.mkdir(parents=True, exist_ok=True)
        self._folders.append(folder)
        return folder

    def _name(self) -> str:
        return self._chance.choice(NAMES)

    def _named(self, file: Path, start: Path) -> str:
        """Absolute, relative, or with a detour through a folder that is there."""
        if self._chance.random() < 0.3:
            return str(file)
        way = os.path.relpath(file, start)
        return f"//{way}" if self._chance.random() < 0.5 else f"//../{start.name}/{way}"


def pack_and_compare(folder: Path, chance: random.Random) -> str:
    """What is wrong with the package, or ""."""
    blend = Tree(folder, chance).build()
    do_in_blender.open_blend(str(blend))
    wanted = sorted(_content_of(image) for image in bpy.data.images if image.users and image.source == "FILE")
    packed = do_in_blender.pack(str(blend), str(folder / "jobs"), {"output": str(folder / "frames")})
    if packed["problem"]:
        return str(packed["problem"])
    bare = _unpacked(Path(packed["folder"]), folder / "elsewhere" / "bare")
    shutil.rmtree(folder / "1")
    do_in_blender.open_blend(str(bare))
    return _wrong(bare.parent, wanted)


def _unpacked(job: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    read = do_in_blender.part("jobs.folder.job_folder").read(job)
    entries = do_in_blender.part("jobs.folder.manifest").read(job)
    archive = target.with_suffix(".zip")
    stream = do_in_blender.part("jobs.folder.zip_stream").ZipStream(read.package.name, job, entries)
    archive.write_bytes(b"".join(stream.chunks()))
    with zipfile.ZipFile(archive) as package:
        package.extractall(target)
    (blend,) = target.glob("*.blend")
    return blend


def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:32]


def _content_of(image: Any) -> str:
    """Blender numbers images of one name."""
    return str(image.name.partition(".")[0])


def _wrong(folder: Path, wanted: list[str]) -> str:
    found = []
    for image in (each for each in bpy.data.images if each.users and each.source == "FILE"):
        path = Path(os.path.normpath(bpy.path.abspath(image.filepath, library=image.library)))
        if folder not in path.parents or not path.is_file():
            return f"{image.filepath} leads to {path}"
        if _content(path) != _content_of(image):
            return f"{image.filepath} holds another picture"
        found.append(_content_of(image))
    return "" if sorted(found) == wanted else f"{len(found)} images of {len(wanted)}"


def main(folder: Path, count: int, seed: int) -> list[Any]:
    problems = []
    for number in range(seed, seed + count):
        place = folder / str(number)
        place.mkdir()
        problem = pack_and_compare(place, random.Random(number))
        if problem:
            problems.append([number, problem])
        shutil.rmtree(place)
    return problems


if __name__ == "__main__":
    where, count, seed, *only = sys.argv[sys.argv.index("--") + 1 :]
    try:
        if only:
            for number in range(int(seed), int(seed) + int(count)):
                Tree(Path(where, str(number)), random.Random(number)).build()
            os._exit(0)
        Path(where, "answer.json").write_text(json.dumps(main(Path(where), int(count), int(seed))))
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
