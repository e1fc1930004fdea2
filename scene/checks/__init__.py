# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that could spoil a render, found before a byte leaves: one file per subject, all with `find(case)`."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import (
    compositor,
    computed,
    file,
    frames,
    libraries,
    missing,
    names,
    scripts,
    setup,
    simulations,
    space,
    unusable,
)
from .case import Case

_SUBJECTS = (
    *(setup, frames, file, missing, computed, libraries, unusable),
    *(simulations, scripts, compositor, names, space),
)


def find(case: Case) -> Iterator[Finding]:
    """The findings of all subjects."""
    for subject in _SUBJECTS:
        yield from subject.find(case)
