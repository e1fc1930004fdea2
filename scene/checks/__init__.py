"""Finds what could spoil a render, before anything is sent: one file per subject, all with `find(context)`."""

from __future__ import annotations

from collections.abc import Iterator

from . import add_ons, blend_file, colors, compositor, frames, losses, scene_setup, scripts, simulations, studio_lights
from .context import CheckContext
from .files import (
    computed_paths,
    disk_space,
    libraries,
    missing,
    path_lengths,
    portable_names,
    sequences,
    stubs,
    unsaved_images,
    unusable,
)
from .findings import Finding

_SUBJECTS = (
    *(scene_setup, frames, blend_file, losses, colors, missing, computed_paths, sequences, libraries, unusable, stubs),
    *(unsaved_images, simulations, scripts, add_ons, studio_lights, compositor),
    *(portable_names, path_lengths, disk_space),
)


def find(context: CheckContext) -> Iterator[Finding]:
    """The findings of all subjects."""
    for subject in _SUBJECTS:
        yield from subject.find(context)
