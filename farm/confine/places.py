"""What a render Blender may see of this computer: the system's libraries, itself, its graphics card."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...jobs.process.child_process import NO_WINDOW

_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/run/opengl-driver",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/alternatives", "/etc/localtime",
    "/etc/OpenCL", "/etc/vulkan", "/etc/glvnd", "/etc/drirc", "/sys/devices/system",
)  # fmt: skip
"""Programs, libraries, fonts, and what Mesa and the drivers read; nothing of /etc that knows users or secrets."""
_GRAPHICS = (
    "nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps", "dri", "kfd", "dxg",
)  # fmt: skip
_ASK_SECONDS = 30.0
_ASK_PYTHON = (
    "import importlib.util, json, sys; spec = importlib.util.find_spec('bpy'); "
    "print(json.dumps([sys.prefix, sys.base_prefix, *(spec.submodule_search_locations or [] if spec else [])]))"
)


@dataclass(frozen=True, slots=True)
class Places:
    """readable: files and folders that may be read and run. writable: folders. devices: of the graphics card."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = field(default_factory=lambda: tuple(graphics_devices()))


def of_system() -> Iterator[Path]:
    """The system's own places that exist here."""
    yield from (Path(name) for name in _SYSTEM if os.path.lexists(name))
    if any(graphics_devices()):
        yield from (path for path in (Path("/sys/dev"), Path("/sys/devices"), Path("/sys/class")) if path.exists())


def of_command(command: Sequence[str]) -> tuple[Path, ...]:
    """The folders of a Blender, or of a Python that has bpy. May run that Python briefly."""
    program = Path(shutil.which(command[0]) or command[0]).absolute()
    found = [program, program.resolve()]
    if program.name.lower().startswith("python"):
        found += _python(program)
    else:
        found.append(_folder_of(program.resolve()))
    found += [Path(os.environ[name]).absolute().parent for name in ("OCIO", "BLENDER_OCIO") if name in os.environ]
    return tuple(dict.fromkeys(path for path in found if path.exists()))


def has_gpu() -> bool:
    """Whether renders may use a GPU here. Windows and macOS have no device files for this; a GPU is usual there."""
    return sys.platform != "linux" or any(graphics_devices())


def _folder_of(program: Path) -> Path:
    """Blender's files are next to its executable, unless the system installed it; a home folder is never exposed."""
    folder = program.parent
    return program if folder in (Path.home(), Path(folder.anchor)) or str(folder) in ("/usr/bin", "/bin") else folder


def _python(program: Path) -> list[Path]:
    try:
        done = subprocess.run(
            [program, "-c", _ASK_PYTHON],
            capture_output=True,
            timeout=_ASK_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
            creationflags=NO_WINDOW,
        )
        return [Path(each) for each in json.loads(done.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def graphics_devices() -> Iterator[Path]:
    """The device files of this computer's graphics cards."""
    for pattern in _GRAPHICS:
        yield from sorted(Path("/dev").glob(pattern))
