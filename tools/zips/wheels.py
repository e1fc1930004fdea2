"""The wheels that a zip bundles: checked against the hashes in requirements/, then packed better.

What a wheel holds stays as the index has it, by its own RECORD; only its zip is written anew, by libdeflate or, where
that makes the whole smaller, without compression. That saves 0.5 MB of a zip.
"""

import contextlib
import hashlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cache import ROOT
from zips import reproducible

REQUIREMENTS = ROOT / "requirements"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one extension brings: what a file of requirements names, and neither what another one does nor `without`."""

    requirements: str
    other: str = ""
    without: tuple[str, ...] = ()


FARMHAND = Bundle("extension.txt")
NODE = Bundle("node.txt", "extension.txt", ("zstandard",))
"""Farmhand Node needs Farmhand, whose wheels Blender installs into the same folder; Blender brings zstandard."""
# Blender 4.2 to 5.0 run Python 3.11, 5.1 and newer 3.13.
RELEASE_PYTHONS = ("3.11", "3.13")
# Debian's 5.2.2 runs the system's 3.14.
TEST_PYTHONS = ("3.11", "3.13", "3.14")
# Blender's names and what pip calls a machine that every supported Blender of that name runs on.
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_11_0_arm64",),
    "macos-x64": ("macosx_10_15_x86_64",),
}


def wheels(platform: str, pythons: tuple[str, ...], bundle: Bundle = FARMHAND) -> list[Path]:
    """All wheels for one platform: the pure ones, and each compiled one for every Python."""
    everything = _download("linux-x64", RELEASE_PYTHONS[0], _blocks(bundle))
    pure = [wheel for wheel in everything if _is_pure(wheel)]
    # The pure ones are the same everywhere, and are not downloaded again.
    compiled = {_project(wheel.name.split("-")[0]) for wheel in everything if not _is_pure(wheel)}
    wanted = {name: block for name, block in _blocks(bundle).items() if name in compiled}
    added = [wheel for python in pythons for wheel in _download(platform, python, wanted)]
    return sorted({wheel.name: wheel for wheel in [*pure, *added]}.values())


def _blocks(bundle: Bundle) -> dict[str, str]:
    """Project → its lines in the file. Their conditions are dropped: a zip is for all systems and Pythons."""
    found = _all_blocks(bundle.requirements)
    away = {*bundle.without, *(_all_blocks(bundle.other) if bundle.other else ())}
    return {name: re.sub(r" ; .*?( \\)$", r"\1", block, count=1, flags=re.MULTILINE) for name, block in found.items()
            if name not in away}  # fmt: skip


def _all_blocks(requirements: str) -> dict[str, str]:
    blocks = re.findall(r"^\w.*\n(?: .*\n)*", (REQUIREMENTS / requirements).read_text(), re.MULTILINE)
    return {_project(block.split("==")[0]): block for block in blocks}


def _download(platform: str, python: str, blocks: dict[str, str]) -> list[Path]:
    """Have pip fetch the wheels of these requirements, once: changed ones start an empty folder."""
    wanted = "".join(blocks.values())
    state = hashlib.sha256(f"repacked for a zip {wanted}".encode()).hexdigest()[:12]
    target = ROOT / "build" / "wheels" / f"{state}-{platform}-{python}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=target.parent))
        requirements = partial / "requirements.txt"
        requirements.write_text(wanted)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--dest", str(partial), "-r", str(requirements)]
        command += ["--implementation", "cp", "--python-version", python, "--abi", f"cp{python.replace('.', '')}"]
        command += ["--abi", "abi3"]
        for tag in PLATFORMS[platform]:
            command += ["--platform", tag]
        subprocess.run(command, check=True)
        for wheel in partial.glob("*.whl"):
            reproducible.repack_for_a_zip(wheel)
        with contextlib.suppress(OSError):  # another build may have been quicker
            partial.rename(target)
    return sorted(target.glob("*.whl"))


def _is_pure(wheel: Path) -> bool:
    return wheel.stem.endswith("-none-any")


def _project(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
