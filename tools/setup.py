"""`make setup`: `.venv` from locked requirements, with the checkout importable as `farmhand`.

Standard library only: it runs in a bare Python, before anything is installed.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import blenders
import find_blender
import system
from cache import ROOT, run
from pythons import HERE

VENV = ROOT / ".venv"
PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Create or refresh `.venv`; say in one line what stands in the way."""
    if HERE not in PYTHONS:
        print(f"Farmhand needs Python 3.11, 3.12 or 3.13, and this is {HERE}. Run for example: make PYTHON=python3.13")
        return 1
    if find_blender.find_installed() is None:
        try:
            blenders.default_bpy()
        except blenders.NoPython as problem:
            print(problem)
            return 1
    if importlib.util.find_spec("ensurepip") is None and not system.install(["python3-venv"], "Python environments"):
        return 1
    system.install(system.missing_bpy_packages(), "Shared libraries for Blender")
    try:
        _make_environment()
    except subprocess.CalledProcessError as problem:
        print(f"Set-up stopped at: {' '.join(problem.cmd)}\nSee the lines above, then run `make setup` again.")
        return 1
    return 0


def _make_environment() -> None:
    python = VENV / "bin" / "python"
    if not _runs_this_version(python):
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", VENV])
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "-r", ROOT / "requirements" / "dev.txt"])
    run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT])
    _link_package(VENV / "src" / "farmhand")
    (VENV / "ready").touch()


def _runs_this_version(python: Path) -> bool:
    """Whether there is an environment already, and of the Python that was asked for."""
    if not python.exists():
        return False
    shown = subprocess.run([python, "-c", f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"])
    return shown.returncode == 0


def _link_package(link: Path) -> None:
    """mypy does not follow an editable install's import hook; a link named farmhand it does."""
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)


if __name__ == "__main__":
    raise SystemExit(main())
