"""Opens the uploaded .blend, or says in an artist's words why it cannot. Scripts are off unless they were allowed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import simulation_caches
from .cannot_render import CannotRender
from .safety import external_files, image_views, osl_scripts, unsafe_features

_NOT_A_BLEND = (
    "The file is not a .blend that Blender {version} can read. It may be damaged, cut short, of another kind, "
    "or saved by a newer Blender. Open it in your Blender, save it again and submit it once more."
)
_CUT_SHORT = "The .blend is damaged or incomplete. Open it in your Blender, save it again and submit it once more."
_NEWER = (
    "The file was saved by Blender {theirs}, and this farm renders with Blender {version}. "
    "Choose a farm with Blender {theirs} or newer, or save the file with Blender {version}."
)


@dataclass
class OpenFile:
    """What was found in the .blend while it was made safe.

    missing: missing files, as external_files reports them. notices: what was removed, for the artist.
    """

    missing: list[external_files.Missing] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trust:
    """What protects others from a file, and whose it is.

    is_confined: the operating system hides other jobs' files from this Blender, or all are own ones. is_own: the file
    is of the owner of this computer. use_scripts: it is also the artist's own, and its scripts and add-ons may use all
    files.
    """

    is_confined: bool
    is_own: bool = False
    use_scripts: bool = False


def open_file(path: str, package: str, files: external_files.ExternalFiles, trust: Trust) -> OpenFile:
    """Load a file and keep it inside its package.

    Blender evaluates a scene while loading it, and simulations then write: the file is made safe before that.

    Args:
        path: of the .blend.
        package: the folder that no path may leave.
        files: made before any file is opened.
        trust: how much of the file may stay as it is.

    Raises:
        CannotRender: the file cannot be opened, or not safely.
    """
    opened: list[OpenFile] = []
    problems: list[Exception] = []

    def make_safe(*_: Any) -> None:
        try:
            root = Path(package)
            opened.append(_own(root) if trust.use_scripts else _make_safe(root, files, trust))
        except Exception as error:
            problems.append(error)

    if trust.use_scripts:
        _read_settings()
    bpy.app.handlers.persistent(make_safe)
    bpy.app.handlers.load_post.append(make_safe)
    try:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=trust.use_scripts)
    except RuntimeError as error:
        raise _refusal(str(error)) from error
    finally:
        bpy.app.handlers.load_post.remove(make_safe)
    _check_version()
    if problems:
        raise problems[0]
    return opened[0]


def _read_settings() -> None:
    """The bpy module starts with factory settings; without user settings there is nothing to read."""
    if not bpy.app.binary_path:
        with contextlib.suppress(RuntimeError):
            bpy.ops.wm.read_userpref()


def _check_version() -> None:
    theirs, ours = tuple(bpy.data.version[:2]), tuple(bpy.app.version[:2])
    if theirs > ours:
        raise CannotRender("newer_blender", _NEWER.format(theirs=_dotted(theirs), version=_dotted(ours)))


def _make_safe(package: Path, files: external_files.ExternalFiles, trust: Trust) -> OpenFile:
    notices = unsafe_features.remove(is_confined=trust.is_confined, is_own=trust.is_own)
    simulation_caches.keep_apart(package)
    missing = files.keep_inside(package)
    image_views.derive_again()
    if trust.is_confined:
        osl_scripts.make_compilable(package)
    return OpenFile(missing, notices)


def _own(package: Path) -> OpenFile:
    """Nothing is removed, but what a simulation writes still goes to the process's folder, not into the package.

    The file's scripts may have registered types, so all types are looked at again.
    """
    simulation_caches.keep_apart(package)
    return OpenFile(external_files.ExternalFiles().missing())


def _refusal(message: str) -> CannotRender:
    ours = _dotted(tuple(bpy.app.version[:2]))
    lowered = message.lower()
    if "newer" in lowered:
        return CannotRender("newer_blender", _NEWER.format(theirs="of a newer version", version=ours))
    if "not supported" in lowered or "not a blender file" in lowered or "not a library" in lowered:
        return CannotRender("not_a_blend", _NOT_A_BLEND.format(version=ours))
    return CannotRender("damaged_blend", _CUT_SHORT)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
