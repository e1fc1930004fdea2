"""The wheels that a zip bundles: downloaded as the index has them, checked against requirements/extension.txt."""

import contextlib
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cache import ROOT

REQUIREMENTS = ROOT / "requirements" / "extension.txt"
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


def wheels(platform: str, pythons: tuple[str, ...]) -> list[Path]:
    """All wheels for one platform: the pure ones, and each compiled one for every Python."""
    pure = [wheel for wheel in _everything() if _is_pure(wheel)]
    compiled = [wheel for python in pythons for wheel in _compiled(platform, python)]
    return sorted({wheel.name: wheel for wheel in [*pure, *compiled]}.values())


def _compiled(platform: str, python: str) -> list[Path]:
    """The compiled wheels for one platform and Python, without downloading the pure ones again."""
    names = {_project(wheel.name.split("-")[0]) for wheel in _everything() if not _is_pure(wheel)}
    blocks = re.findall(r"^\w.*\n(?: .*\n)*", REQUIREMENTS.read_text(), re.MULTILINE)
    wanted = "".join(block for block in blocks if _project(block.split("==")[0]) in names)
    listed = _folder() / "compiled.txt"
    listed.write_text(wanted)
    return _download(platform, python, listed)


def _everything() -> list[Path]:
    """One full set: the pure wheels are the same everywhere, and it tells which projects are compiled."""
    return _download("linux-x64", RELEASE_PYTHONS[0], REQUIREMENTS)


def _download(platform: str, python: str, requirements: Path) -> list[Path]:
    """Have pip fetch the wheels of a requirements file, once."""
    target = _folder() / f"{requirements.stem}-{platform}-{python}"
    if not target.exists():
        partial = Path(tempfile.mkdtemp(dir=_folder()))
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--dest", str(partial), "-r", str(requirements)]
        command += ["--implementation", "cp", "--python-version", python, "--abi", f"cp{python.replace('.', '')}"]
        command += ["--abi", "abi3"]
        for tag in PLATFORMS[platform]:
            command += ["--platform", tag]
        subprocess.run(command, check=True)
        with contextlib.suppress(OSError):  # another build may have been quicker
            partial.rename(target)
    return sorted(target.glob("*.whl"))


def _folder() -> Path:
    """Downloads are kept per state of the requirements: a changed file starts an empty folder."""
    state = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / f"wheels-{state}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_pure(wheel: Path) -> bool:
    return wheel.stem.endswith("-none-any")


def _project(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
