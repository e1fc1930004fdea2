"""What the operating system must offer: Debian packages that Python's own packages do not bring along."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

# Shared libraries that `bpy` links to or, for EEVEE and Workbench, opens while it renders.
BPY_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libgomp.so.1": "libgomp1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libgbm.so.1": "libgbm1",
}
MESA_DRIVERS = {"libgl1-mesa-dri": ("/usr/lib/*/dri/swrast_dri.so", "/usr/lib/*/libgallium*.so")}


def is_debian_root() -> bool:
    """Whether packages can be installed here without asking anyone."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def missing_bpy_packages() -> list[str]:
    """Debian packages of the shared libraries that bpy needs and this machine lacks."""
    if os.name == "nt" or not shutil.which("dpkg"):
        return []
    missing = [package for library, package in BPY_LIBRARIES.items() if not _loads(library)]
    missing += [package for package, patterns in MESA_DRIVERS.items() if not any(map(_any_file, patterns))]
    return missing


def missing_programs(programs: dict[str, str]) -> list[str]:
    """Debian packages of the programs (name → package) that are not on PATH."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})


def install(packages: list[str], purpose: str) -> bool:
    """Install Debian packages where that is possible, else name them in one line. True when all are there."""
    if not packages:
        return True
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not is_debian_root():
        print(f"{purpose}: these Debian packages are missing; as root run: {' '.join(command)}")
        return False
    print(f"{purpose}: installing {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"stdout": subprocess.DEVNULL, "env": environment}
    subprocess.run(["apt-get", "update"], check=False, **quiet)  # type: ignore[call-overload]
    return subprocess.run(command, check=False, **quiet).returncode == 0  # type: ignore[call-overload]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _any_file(pattern: str) -> bool:
    return next(Path("/").glob(pattern.lstrip("/")), None) is not None
