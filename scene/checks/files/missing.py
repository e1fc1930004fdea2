"""Files that the render reads and that do not exist."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import bpy

from ....client.message import Message, msg
from ...fixes import unsaved_images
from ...scan import INCLUDE, LAYER, Found
from ...scan.reference import absolute
from ...scan.usage import users_of_all
from ..context import CheckContext
from ..findings import INFO, WARNING, Finding, Fix, some

FIND, PACK, LEAVE_OUT = "farmhand.find_file", "farmhand.pack_image", "farmhand.leave_out"
NEED_ALL = "farmhand.leave_nothing_out"
FIND_IN_FOLDER = "file.find_missing_files"


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each user of missing files; files that the user chose to leave out are only mentioned."""
    left_out = set[str]()
    for one in context.found:
        chosen = {
            path for path in one.missing if path in context.request.leave_out or one.path in context.request.leave_out
        }
        left_out |= chosen
        missing = [path for path in one.missing if path not in chosen]
        if missing:
            yield _finding(one, missing)
    if left_out:
        message = msg("Rendered without {files}, as you chose.", files=some(sorted(left_out)))
        yield Finding(INFO, "left_out", message, fixes=(Fix(NEED_ALL),))
    yield from _not_needed(context)
    yield from _unread(context)


def _unread(context: CheckContext) -> Iterator[Finding]:
    """USD files that may be composed of other files, which cannot be determined."""
    for one in context.found:
        if one.unread:
            yield Finding(
                WARNING,
                "usd_unread",
                msg(
                    "The files referenced by {files} could not be determined and will not be sent. If there are "
                    "any, flatten the USD into a single file.",
                    files=some(list(one.unread)),
                ),
                one.owner,
            )


def _not_needed(context: CheckContext) -> Iterator[Finding]:
    """Missing files that this render does not read, mentioned for completeness."""
    read = {path for one in context.found for path in (*one.files, one.path)}
    needed = {file_shape(path) for path in read}
    # On other systems, Blender changes Windows paths.
    foreign = {path.rpartition("\\")[2] for path in read if "\\" in path}
    named = {os.path.normpath(path) for path in bpy.utils.blend_paths(absolute=True, packed=False, local=False)}
    missing = sorted(
        path
        for path in named
        if not (file_shape(path) in needed or os.path.basename(path) in foreign or _is_of_caches(path))
        and "<" not in path
        and not os.path.exists(path)
        and not _is_bundled(path)
    )
    tools = _of_tools() if missing else set()
    if missing := [path for path in missing if path not in tools]:
        yield Finding(
            INFO,
            "missing_unused",
            msg("Missing, but not used in this render: {files}.", files=some(missing, len(missing))),
        )


def _of_tools() -> set[str]:
    """Libraries of brushes, and what these use: they are for painting, and no render reads them."""
    kinds: dict[bpy.types.Library, set[str]] = {}
    for block in users_of_all():
        if block.library is not None:
            kinds.setdefault(block.library, set()).add(block.id_type)
    return {
        absolute(library.filepath, bpy.context.scene)
        for library, found in kinds.items()
        if "BRUSH" in found and found <= _TOOLS
    }


_TOOLS = frozenset({"BRUSH", "PALETTE", "PAINTCURVE", "IMAGE", "TEXTURE"})


def _is_bundled(path: str) -> bool:
    """Whether it is one of Blender's own assets, which each installation has or downloads at its own path."""
    plain = path.replace("\\", "/")
    return "/datafiles/assets/" in plain or "/remote-assets/online-essentials/" in plain


def file_shape(path: str) -> str:
    """A key that is equal for all files of a sequence: the file that Blender names may not be one that is rendered."""
    folder, name = os.path.split(path)
    return os.path.join(folder, re.sub(r"\d+", "#", name))


def _is_of_caches(path: str) -> bool:
    """Blender names such a folder for every simulation, whether or not it keeps anything there."""
    return os.path.basename(path).startswith("blendcache_")


def _finding(one: Found, missing: list[str]) -> Finding:
    sentence = _sentence(one, missing)
    leave_out = Fix(LEAVE_OUT, one.path)
    if one.kind == "library":
        return Finding(WARNING, "library_missing", sentence, one.owner, (Fix(FIND_IN_FOLDER), leave_out))
    if one.kind in (LAYER, INCLUDE):  # no data-block names it
        return Finding(WARNING, "missing_file", sentence, one.owner, (leave_out,))
    pack = (Fix(PACK, one.path),) if unsaved_images.images(one.path) else ()
    return Finding(WARNING, "missing_file", sentence, one.owner, (Fix(FIND, one.path), *pack, leave_out))


def _sentence(one: Found, missing: list[str]) -> str:
    if one.kind == "library":
        return msg(
            "The linked file {path} is missing, so its contents will not be rendered. Restore it, or relocate the "
            "library.",
            path=missing[0],
        )
    if len(missing) == 1:
        return msg(
            "{path} is missing ({kind}, {reason}). The render will look different. Find or replace it.",
            path=missing[0],
            kind=Message.from_text(one.kind),
            reason=one.reason,
        )
    return msg(
        "{count} of {total} files of {owner} are missing: {files}. The render will look different. Find or "
        "replace them.",
        count=len(missing),
        total=len(one.files),
        owner=one.owner,
        files=some(missing),
    )
