"""Merges the tiles of a frame and has Blender do what comes after Cycles: denoise, composite, write.

An engine whose result is the tiles replaces Cycles: compositor, File Output nodes, names, color management, stamps and
formats are Blender's own, as for a frame of one machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from . import splitting
from .boxes import Box
from .cannot_render import CannotRender
from .kept import kept
from .output import metadata
from .output.output_names import literal

_NOISY = ("Noisy Image", "RGBA", "COLOR")
_FOR_DENOISING = (
    _NOISY,
    ("Denoising Albedo", "RGB", "COLOR"),
    ("Denoising Normal", "XYZ", "VECTOR"),
    ("Denoising Depth", "Z", "VALUE"),
    ("Vector", "XYZW", "VECTOR"),
)
"""What Cycles' denoiser asks a file for; it reads no vectors unless it follows a movement from frame to frame."""
_CRYPTOMATTE = "cryptomatte/"


@dataclass
class _Merging:
    """What the engine shows. tiles: the pixels of each, the pixels in its file, and the file.

    denoised: the file with the denoised picture, "" for none. layers: those that are taken from it.
    is_for_denoising: upside down, with the denoiser's passes. problem: why there is no picture.
    """

    tiles: list[tuple[Box, Box, str]]
    layers: frozenset[str]
    is_for_denoising: bool = False
    denoised: str = ""
    problem: str = ""
    texts: dict[str, str] = field(default_factory=dict)


_merging = _Merging([], frozenset())


class _Tiles(bpy.types.RenderEngine):
    bl_idname = "FARMHAND_TILES"
    bl_label = "Tiles"
    bl_use_postprocess = True

    def update_render_passes(self, scene: Any = None, renderlayer: Any = None) -> None:
        from cycles import engine  # type: ignore[import-not-found]  # an add-on of Blender's own

        passes = [(name, channels, kind) for name, channels, kind in engine.list_render_passes(scene, renderlayer)]
        known = {name for name, _, _ in passes}
        if _merging.is_for_denoising and renderlayer.name in _merging.layers:
            passes += [each for each in _FOR_DENOISING if each[0] not in known]
        for name, channels, kind in passes:
            self.register_pass(scene, renderlayer, name, len(channels), channels, kind)

    def render(self, depsgraph: Any) -> None:
        """If this fails, Blender continues with a black picture."""
        try:
            self._put_together(depsgraph)
        except Exception as error:
            _merging.problem = f"{type(error).__name__}: {error}".splitlines()[0]

    def _put_together(self, depsgraph: Any) -> None:
        layer = depsgraph.view_layer_eval.name
        width, height = splitting.size(depsgraph.scene_eval)
        whole = self.get_result()
        for key, value in _merging.texts.items():
            whole.stamp_data_add_field(key, value)
        denoised = self._denoised(layer, width, height)
        for box, rendered, path in _merging.tiles:
            pixels = self._read(layer, rendered, path)
            self._show(layer, box, rendered, pixels, denoised, height)

    def _read(self, layer: str, box: Box, path: str) -> dict[str, Any]:
        """The passes of a file, with rows from the bottom up."""
        result = self.begin_result(box.x, box.y, box.width, box.height, layer=layer)
        result.load_from_file(path)
        passes = {}
        for each in result.layers[0].passes:
            pixels = np.empty(box.width * box.height * each.channels, np.float32)
            _rect(each).foreach_get(pixels)
            passes[each.name] = pixels.reshape(box.height, box.width, each.channels)
        self.end_result(result, cancel=True)
        if _NOISY[0] in passes:  # a tile is never denoised
            passes[_NOISY[0]] = passes["Combined"]
        return passes

    def _denoised(self, layer: str, width: int, height: int) -> Any:
        if not _merging.denoised or layer not in _merging.layers:
            return None
        return self._read(layer, Box(0, 0, width, height), _merging.denoised)["Combined"][::-1]

    def _show(self, layer: str, box: Box, rendered: Box, passes: dict[str, Any], denoised: Any, height: int) -> None:
        rows = slice(box.y - rendered.y, box.top - rendered.y)
        columns = slice(box.x - rendered.x, box.right - rendered.x)
        y = height - box.top if _merging.is_for_denoising else box.y
        result = self.begin_result(box.x, y, box.width, box.height, layer=layer)
        for each in result.layers[0].passes:
            pixels = passes[each.name][rows, columns]
            if each.name == "Combined" and denoised is not None:
                pixels = denoised[box.y : box.top, box.x : box.right]
            if _merging.is_for_denoising:
                pixels = pixels[::-1]
            _rect(each).foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())
        self.end_result(result)


def _rect(each: Any) -> Any:
    """The pixels of a pass."""
    return each.rect


@contextmanager
def merged(scene: Any, files: Sequence[str], folder: Path) -> Iterator[None]:
    """While this context lasts, the scene renders what the tiles show.

    Args:
        files: of the tiles, in order.
        folder: for temporary files.

    Raises:
        CannotRender: the picture could not be denoised, or the tiles do not belong to this frame.
    """
    global _merging
    boxes = splitting.tiles(scene, len(files))
    tiles = [(*box, path) for box, path in zip(boxes, files, strict=True)]
    wanted = scene.cycles.use_denoising
    layers = frozenset(layer.name for layer in scene.view_layers if wanted and layer.cycles.use_denoising)
    _merging = _Merging(tiles, layers, texts=_texts(Path(files[0])))
    bpy.utils.register_class(_Tiles)
    try:
        with kept(scene.render, "engine"):
            if layers:
                _merging.denoised = _denoise(scene, folder)
            scene.render.engine = _Tiles.bl_idname
            yield
            _check_merged()
    finally:
        bpy.utils.unregister_class(_Tiles)


def _denoise(scene: Any, folder: Path) -> str:
    """Has Cycles denoise as at the end of a render, from the bottom row up: its network's result depends on the
    orientation, so the file is upside down."""
    noisy, denoised = str(folder / "noisy.exr"), str(folder / "denoised.exr")
    render, image = scene.render, scene.render.image_settings
    _merging.is_for_denoising = True
    samples = {f"cycles.{layer}.samples": "1" for layer in _merging.layers}
    texts, _merging.texts = _merging.texts, {**_merging.texts, **samples}
    with (
        kept(render, "engine", "filepath", "use_compositing", "use_sequencer", "use_stamp"),
        kept(image, *splitting.LAYERS),
    ):
        splitting.all_passes(image)
        render.use_compositing = render.use_sequencer = render.use_stamp = False
        render.filepath = literal(noisy)
        render.engine = _Tiles.bl_idname
        bpy.ops.render.render(write_still=True, scene=scene.name)
    _merging.is_for_denoising, _merging.texts = False, texts
    _check_merged()
    try:
        bpy.ops.cycles.denoise_animation(input_filepath=noisy, output_filepath=denoised)
    except RuntimeError as error:
        raise CannotRender("not_denoised", f"The merged frame could not be denoised ({error}).") from error
    return denoised


def _check_merged() -> None:
    if _merging.problem:
        raise CannotRender("bad_tiles", f"The parts of the frame do not fit together ({_merging.problem}).")


def _texts(tile: Path) -> dict[str, str]:
    """What tells the compositor's Cryptomatte nodes which object has which color."""
    found: dict[str, str] = {}

    def collect(key: str, value: str) -> list[tuple[str, str]]:
        if key.startswith(_CRYPTOMATTE):
            found[key] = value
        return [(key, value)]

    metadata.rewrite(tile, collect)
    return found
