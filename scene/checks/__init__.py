# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that could spoil a render, found before a byte leaves: one file per subject, all with `find(case)`."""

from __future__ import annotations

from collections.abc import Iterator

from . import (
    blend_file,
    compositor,
    computed_paths,
    disk_space,
    frames,
    libraries,
    missing,
    portable_names,
    scene_setup,
    scripts,
    simulations,
    stubs,
    unusable,
)
from .context import CheckContext
from .findings import Finding

_SUBJECTS = (
    *(scene_setup, frames, blend_file, missing, computed_paths, libraries, unusable, stubs),
    *(simulations, scripts, compositor, portable_names, disk_space),
)


def find(context: CheckContext) -> Iterator[Finding]:
    """The findings of all subjects."""
    for subject in _SUBJECTS:
        yield from subject.find(context)
