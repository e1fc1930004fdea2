"""Stereo and multiview: a file for each view, whose names differ only in the view's suffix. Does not use bpy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from .sequence import Files


def for_each_eye(find: Callable[[], Files], suffixes: Sequence[str]) -> Callable[[], Files]:
    """The files of all views; `find` returns those of one. suffixes: of the views that the scene renders."""

    def find_all() -> Files:
        named, _ = find()
        wanted = tuple(path for each in named for path in _views(each, suffixes))
        return wanted, tuple(path for path in wanted if not os.path.isfile(path))

    return find_all


def _views(path: str, suffixes: Sequence[str]) -> Iterator[str]:
    """The names for all views: Blender replaces the suffix in the name by those of the scene's views."""
    stem, extension = os.path.splitext(path)
    named = next((suffix for suffix in suffixes if suffix and stem.endswith(suffix)), "")
    if not named:
        yield path
        return
    for suffix in suffixes:
        yield stem.removesuffix(named) + suffix + extension
