"""Opens the uploaded .blend, or says in an artist's words why it cannot.  Scripts are off, unless they were allowed."""

from __future__ import annotations

import contextlib

import bpy

from .refused import Refused

_NOT_A_BLEND = (
    "The file is not a .blend that Blender {version} can read.  It may be damaged, cut short, of another kind, "
    "or saved by a newer Blender.  Open it in your Blender, save it again and submit it once more."
)
_CUT_SHORT = "The .blend is damaged or was cut short.  Open it in your Blender, save it again and submit it once more."
_NEWER = (
    "The file was saved by Blender {theirs}, and this farm renders with Blender {version}.  "
    "Choose a farm with Blender {theirs} or newer, or save the file with Blender {version}."
)


def open_file(path: str, *, use_scripts: bool = False) -> None:
    """Load a file.  Raises Refused.

    use_scripts: only for an artist's own file on their own computer.
    """
    if use_scripts and not bpy.app.binary_path:
        # The bpy module starts with factory settings; without settings of the user's own there is nothing to read.
        with contextlib.suppress(RuntimeError):
            bpy.ops.wm.read_userpref()
    try:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=use_scripts)
    except RuntimeError as error:
        raise _refusal(str(error)) from error
    theirs, ours = tuple(bpy.data.version[:2]), tuple(bpy.app.version[:2])
    if theirs > ours:
        raise Refused("newer_blender", _NEWER.format(theirs=_dotted(theirs), version=_dotted(ours)))


def _refusal(message: str) -> Refused:
    ours = _dotted(tuple(bpy.app.version[:2]))
    lowered = message.lower()
    if "newer" in lowered:
        return Refused("newer_blender", _NEWER.format(theirs="of a newer version", version=ours))
    if "not supported" in lowered or "not a blender file" in lowered or "not a library" in lowered:
        return Refused("not_a_blend", _NOT_A_BLEND.format(version=ours))
    return Refused("damaged_blend", _CUT_SHORT)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
