"""The environment of a render Blender: what graphics, fonts and languages need, without secrets of the farm's user."""

from __future__ import annotations

import os
from pathlib import Path

from ...jobs.process.child_process import TEMPORARY_VARIABLES

_NAMES = frozenset(
    {
        "PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "OCIO", "BLENDER_OCIO", "NUMBER_OF_PROCESSORS",
        # Without these, a program cannot start on Windows.
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMDATA", "PROGRAMFILES", "USERPROFILE",
        "PROCESSOR_ARCHITECTURE",
    }
)  # fmt: skip
_PREFIXES = (
    "LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "ONEAPI_", "SYCL_", "ZE_", "CYCLES_", "OMP_", "TBB_", "MESA_",
    "LIBGL_", "GALLIUM_", "LP_", "VK_", "__GL", "__EGL", "__NV", "EGL_", "WINE",
)  # fmt: skip
_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")


def scrubbed(home: Path, temporary: Path, cache: Path) -> dict[str, str]:
    """The farm's environment without what a stranger's scene must not see, and with its own folders.

    Args:
        home: Blender's user folder.
        temporary: for its files; a killed Blender leaves them there.
        cache: where drivers keep compiled shaders.
    """
    kept = {name: value for name, value in os.environ.items() if _is_kept(name.upper())}
    return {
        **kept,
        **dict.fromkeys(TEMPORARY_VARIABLES, str(temporary)),
        **dict.fromkeys(("HOME", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home)),
        "XDG_CACHE_HOME": str(cache),
        "MESA_SHADER_CACHE_DIR": str(cache),
        "CUDA_CACHE_PATH": str(cache / "cuda"),
        "OPTIX_CACHE_PATH": str(cache / "optix"),
        "__GL_SHADER_DISK_CACHE_PATH": str(cache),
        "BLENDER_USER_RESOURCES": str(home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def whole(home: Path | None, temporary: Path) -> dict[str, str]:
    """The farm's whole environment except its keys, for files of the farm's own user.

    home: Blender's user folder, or None for the user's own with its add-ons.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FARMHAND_")}
    if home is not None:
        kept = {name: value for name, value in kept.items() if not name.startswith("BLENDER_")}
        kept["BLENDER_USER_RESOURCES"] = str(home)
    return {**kept, **dict.fromkeys(TEMPORARY_VARIABLES, str(temporary)), "PYTHONUNBUFFERED": "1"}


def _is_kept(name: str) -> bool:
    return (name in _NAMES or name.startswith(_PREFIXES)) and not any(secret in name for secret in _SECRETS)
