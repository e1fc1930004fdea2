"""Splitting a frame: where a picture is cut, how a tile is rendered, and which scenes cannot be split.

Cycles computes each pixel independently, from its place in the whole picture: a tile's pixels equal those of the whole.
What needs the whole picture comes after the tiles are merged (merging.py): the denoiser, the compositor, stamps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy

from . import compositors
from .boxes import Box, cut
from .kept import kept

OVERLAP = 16
"""Pixels around a tile where Cycles looks at neighbors: adaptive sampling goes on beside a pixel that is not done."""


def size(scene: Any) -> tuple[int, int]:
    """Width and height of the frame, as Blender rounds them."""
    render = scene.render
    percentage = render.resolution_percentage
    return max(1, render.resolution_x * percentage // 100), max(1, render.resolution_y * percentage // 100)


def tiles(scene: Any, count: int) -> list[tuple[Box, Box]]:
    """For each tile, its own pixels and those that are rendered for it."""
    width, height = size(scene)
    margin = OVERLAP if scene.cycles.use_adaptive_sampling else 0
    return [(box, box.grown(margin, width, height)) for box in cut(Box(0, 0, width, height), count)]


@contextmanager
def as_tile(scene: Any, index: int, count: int) -> Iterator[None]:
    """While this context lasts, the scene renders one tile: every pass of every layer, without post-processing.

    Args:
        index: of the tile, from 0.
        count: how many tiles the frame has.
    """
    render, image = scene.render, scene.render.image_settings
    _, box = tiles(scene, count)[index]
    width, height = size(scene)
    layers = [layer.cycles for layer in scene.view_layers]
    with (
        kept(render, "use_border", "use_crop_to_border", *_BORDER, "use_compositing", "use_sequencer", "use_stamp"),
        kept(scene.cycles, "use_denoising"),
        kept(image, *LAYERS),
        _all_kept(layers, "denoising_store_passes"),
    ):
        for layer in layers:
            layer.denoising_store_passes |= scene.cycles.use_denoising and layer.use_denoising
        scene.cycles.use_denoising = False
        render.use_border = render.use_crop_to_border = True
        # With an extra quarter of a pixel, rounding and truncating give the same pixel.
        sides = ((box.x, width), (box.right, width), (box.y, height), (box.top, height))
        for name, (place, whole) in zip(_BORDER, sides, strict=True):
            setattr(render, name, min(1.0, (place + 0.25) / whole))
        render.use_compositing = render.use_sequencer = render.use_stamp = False
        all_passes(image)
        yield


_BORDER = ("border_min_x", "border_max_x", "border_min_y", "border_max_y")
LAYERS = ("media_type", "file_format", "color_mode", "color_depth", "exr_codec", "use_exr_interleave")
"""Settings of images that `all_passes` changes; some are of newer Blenders alone."""


def all_passes(image: Any) -> None:
    """Write OpenEXR files with all layers and passes, in Cycles' full precision."""
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    image.color_depth = "32"
    image.exr_codec = "ZIP"
    if hasattr(image, "use_exr_interleave"):
        image.use_exr_interleave = True  # Cycles' denoiser reads only one part


@contextmanager
def _all_kept(blocks: Sequence[Any], name: str) -> Iterator[None]:
    values = [getattr(block, name) for block in blocks]
    try:
        yield
    finally:
        for block, value in zip(blocks, values, strict=True):
            setattr(block, name, value)


# Scenes that cannot be split


def why_not(scene: Any) -> str:
    """Why a frame of the scene cannot be split, "" if it can."""
    return next((reason for is_so, reason in _REASONS if is_so(scene)), "")


def why_not_but_for_engine(scene: Any) -> str:
    """The same for a scene that Cycles will render."""
    return next((reason for is_so, reason in _REASONS[1:] if is_so(scene)), "")


def uses_sequencer(scene: Any) -> bool:
    """Whether strips make the picture."""
    editor = scene.sequence_editor
    if editor is None or not scene.render.use_sequencer:
        return False
    strips = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    return len(strips) > 0


def _has_grease_pencil(_: Any) -> bool:
    return any(thing.type in ("GPENCIL", "GREASEPENCIL") for thing in bpy.data.objects)


def _has_shadow_catcher(_: Any) -> bool:
    return any(thing.is_shadow_catcher and thing.type != "LIGHT" for thing in bpy.data.objects)


def _subdivides(_: Any) -> bool:
    def is_adaptive(thing: Any) -> bool:
        return getattr(getattr(thing, "cycles", None), "use_adaptive_subdivision", False) or any(
            getattr(modifier, "use_adaptive_subdivision", False) for modifier in thing.modifiers
        )

    return any(is_adaptive(thing) for thing in bpy.data.objects)


_REASONS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda scene: scene.render.engine != "CYCLES", "only Cycles computes each pixel independently"),
    (uses_sequencer, "the Sequencer renders the image"),
    (compositors.replaces_render, "the compositor renders the image without the scene"),
    (lambda scene: scene.render.use_border, "the scene already renders a region"),
    (lambda scene: scene.render.use_multiview, "stereo images cannot be split"),
    (lambda scene: scene.render.use_freestyle, "Freestyle draws lines across the whole image"),
    (_has_grease_pencil, "Grease Pencil is drawn over the whole image"),
    (lambda scene: scene.cycles.time_limit > 0, "with a time limit, each part would get a different number of samples"),
    (lambda scene: scene.cycles.use_guiding, "path guiding learns from the whole image"),
    (_subdivides, "adaptive subdivision depends on what is in the image"),
    (_has_shadow_catcher, "a shadow catcher is denoised together with the whole image"),
)
"""In the words that follow “The frame is rendered whole: ”."""
