# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the render reads and that are not there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import bpy

from ..findings import INFO, WARNING, Finding
from ..scan import LAYER, Found
from .case import Case

FIX = "farmhand.find_file"
FIX_LIBRARY = "file.find_missing_files"
_NAMED = 3


def find(case: Case) -> Iterator[Finding]:
    """One finding for each thing that misses files; those left out knowingly are only mentioned."""
    for one in case.found:
        missing = [path for path in one.missing if path not in case.request.leave_out]
        if missing:
            yield _finding(one, missing)
    left_out = sorted({path for one in case.found for path in one.missing if path in case.request.leave_out})
    if left_out:
        yield Finding(INFO, "left_out", f"Rendered without {_names(left_out)}, as you chose.")
    yield from _not_needed(case)
    yield from _unread(case)


def _unread(case: Case) -> Iterator[Finding]:
    """USD files that may be composed of others, and it cannot be seen of which."""
    for one in case.found:
        if one.unread:
            yield Finding(
                WARNING,
                "usd_unread",
                f"What other USD files {_names(list(one.unread))} is composed of cannot be found out here; such files "
                "would not be sent. If there are any, flatten it into one file.",
                one.owner,
            )


def _not_needed(case: Case) -> Iterator[Finding]:
    """Missing things that this render does not read: said, so that nobody wonders."""
    needed = {path for one in case.found for path in (*one.files, one.path)}
    # Blender turns a path of Windows into one of its own making.
    foreign = {path.rpartition("\\")[2] for path in needed if "\\" in path}
    named = {os.path.normpath(path) for path in bpy.utils.blend_paths(absolute=True, packed=False, local=False)}
    missing = sorted(
        path
        for path in named - needed
        if "<" not in path and os.path.basename(path) not in foreign and not os.path.exists(path)
    )
    if missing:
        yield Finding(
            INFO,
            "missing_unused",
            f"Missing, but not used by this render: {_names(missing, len(missing))}.",
        )


def _finding(one: Found, missing: list[str]) -> Finding:
    sentence = _sentence(one, missing)
    if one.kind == "library":
        return Finding(WARNING, "library_missing", sentence, one.owner, FIX_LIBRARY)
    if one.kind == LAYER:  # no data-block names it
        return Finding(WARNING, "missing_file", sentence, one.owner)
    return Finding(WARNING, "missing_file", sentence, one.owner, FIX, one.path)


def _sentence(one: Found, missing: list[str]) -> str:
    if one.kind == "library":
        return (
            f"The linked file {missing[0]} is missing; what comes from it will not be in the picture. "
            "Put it back, or relocate the library."
        )
    if len(missing) == 1:
        return (
            f"{missing[0]} is missing ({one.kind}, {one.reason}); the render will look different. Find or replace it."
        )
    return (
        f"{len(missing)} of {len(one.files)} files of {one.owner} are missing: {_names(missing)}; "
        "the render will look different. Find or replace them."
    )


def _names(paths: list[str], most: int = _NAMED) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more
