"""`make blender`: prepare the Blenders that the tests use, in the cache folder; quick when they are there.

bpy 4.2.23 and 4.5.15 from PyPI where there is a Python 3.11, bpy 5.3.0 where there is a Python 3.13; on Debian as root
also the distribution's whole programs, 4.3.2 and 5.2.2, each in a chroot, with what it takes to show and click their
windows. `make blender ALL=1` adds bpy 5.0.1, 5.1.2 and 5.2.3, which `make matrix` tests too.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import system
from cache import BPY_PYTHONS, CHROOT_BLENDERS, ROOT, bpy_python, cache_folder, run
from pythons import HERE, find_python

TESTED_BPY = ("4.2.23", "4.5.15", "5.3.0")
"""What `make test` uses; `make matrix` takes all of BPY_PYTHONS."""

WINDOW_PROGRAMS = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "scrot": "scrot",
    "import": "imagemagick",
    "debootstrap": "debootstrap",
    "unshare": "util-linux",
}
TEST_PROGRAMS = {
    "strace": "strace",
    "bwrap": "bubblewrap",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
}
"""strace reads what Blender opens while it renders; bwrap confines the farm's Blenders; chromium opens its page."""


class NoPython(Exception):
    """This machine has no Python for which there is a bpy of the version. Says so in a sentence."""


def main() -> int:
    """Prepare everything that this machine can hold; name what it cannot."""
    parser = argparse.ArgumentParser(prog="make blender", description="Prepare the Blenders that the tests use.")
    parser.add_argument("--all", action="store_true", help="those of `make matrix` too")
    wanted = tuple(BPY_PYTHONS) if parser.parse_args().all else TESTED_BPY
    system.install(system.missing_bpy_packages(), "Shared libraries for Blender")
    failed = [version for version in wanted if not _tried(prepare_bpy, version)]
    if system.is_debian_root():
        programs = system.missing_programs(WINDOW_PROGRAMS | TEST_PROGRAMS)
        system.install(programs, "Programs for Blender's windows and the tests")
        failed += [version for version in CHROOT_BLENDERS if not _tried(prepare_chroot, version)]
    else:
        print("Blender 4.3.2 and 5.2.2 with windows: skipped, they are installed on Debian as root only.")
    if failed:
        print(f"Not ready: Blender {', '.join(failed)}. Run `make blender` again to continue.")
    return 1 if failed else 0


def default_bpy() -> str:
    """The version that stands in where there is no Blender: for this very Python, else for one that is here.

    Raises NoPython.
    """
    for python in dict.fromkeys((HERE, "3.13", "3.11")):
        versions = [version for version, needed in BPY_PYTHONS.items() if needed == python]
        if versions and find_python(python):
            return versions[-1]
    raise NoPython(
        f"Blender as a Python module exists for Python 3.11 and 3.13, not for {HERE}. Install Blender 4.2 or newer so "
        "that `blender` is on the path (or name it in BLENDER=), or install one of these Pythons."
    )


def prepare_bpy(version: str) -> None:
    """A virtual environment with bpy of this version and pytest. Raises NoPython, CalledProcessError."""
    if not bpy_python(version).exists():
        with nobody_else():
            if not bpy_python(version).exists():
                _install_bpy(version)


def _install_bpy(version: str) -> None:
    python = find_python(BPY_PYTHONS[version])
    if python is None:
        raise NoPython(f"needs Python {BPY_PYTHONS[version]}, which is not on this machine")
    folder = cache_folder() / f"bpy-{version}"
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    print(f"Blender {version} (bpy from PyPI): downloading about 350 MB", file=sys.stderr)
    run([python, "-m", "venv", partial])
    requirements = ROOT / "requirements" / f"bpy-{version}.txt"
    pip = [partial / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "-r", requirements])
    partial.rename(folder)


def prepare_chroot(version: str) -> None:
    """The distribution's Blender of this version behind a wrapper that runs it like an installed one."""
    with nobody_else():  # the script knows whether what is there was made by its present recipe
        run([ROOT / "tools" / "chroot.sh", version, CHROOT_BLENDERS[version], cache_folder()])


@contextlib.contextmanager
def nobody_else() -> Iterator[None]:
    """Wait until no other process, from whatever clone, prepares a Blender in the cache folder."""
    import fcntl  # the tests import this module on Windows too, where nothing is prepared

    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "preparing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tried(prepare: Callable[[str], None], version: str) -> bool:
    started = time.monotonic()
    try:
        prepare(version)
    except NoPython as problem:
        print(f"Blender {version}: skipped, {problem}")
        return True
    except (subprocess.CalledProcessError, OSError) as problem:
        print(f"Blender {version}: {problem}")
        return False
    print(f"Blender {version}: ready ({time.monotonic() - started:.0f} s)")
    return True


if __name__ == "__main__":
    raise SystemExit(main())
