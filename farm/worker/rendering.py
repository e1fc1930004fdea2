"""Renders one frame into its own folder and lists the resulting files."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from . import devices, merging, splitting
from .cannot_render import CannotRender
from .output import file_output_nodes, metadata, stamps
from .output.output_names import SceneNames, literal
from .output.preview import make_preview
from .unreadable import Pictures


def frame(
    scene: Any,
    names: SceneNames,
    pictures: Pictures,
    frame: int,
    folder: str,
    *,
    preview: bool = False,
    gpu: int | None = None,
    tile: tuple[int, int] | None = None,
    tiles: Sequence[str] = (),
) -> dict[str, Any]:
    """Render the frame as `blender -a` would.

    Args:
        folder: empty; frames go into its `frames`, files of File Output nodes into its `composite`.
        preview: whether to write a small PNG of the frame there too.
        gpu: the number of the only one to use, None for all chosen.
        tile: its number and how many there are, to render only this part.
        tiles: the files of all, to be merged.

    Raises:
        CannotRender: Blender wrote nothing, and neither did its File Output nodes.
    """
    frames, nodes = Path(folder, "frames"), Path(folder, "composite")
    frames.mkdir(parents=True)
    if gpu is not None:
        devices.use_only(scene, gpu)
    origins = file_output_nodes.redirect(scene, nodes)
    started = time.perf_counter()
    with _part(scene, tile, tiles), stamps.without_path(scene) as change:
        _render(scene, frame, frames)
    for image in (each for each in Path(folder).rglob("*") if each.is_file()):
        metadata.rewrite(image, change)
    seconds = time.perf_counter() - started
    paths = sorted(frames.iterdir())
    files = [_frame_file(scene, names, frame, path) for path in paths] + _node_files(scene, nodes, origins)
    if not files:
        raise CannotRender("nothing_written", f"Blender rendered frame {frame} and wrote no image.")
    return {
        "files": files,
        "seconds": seconds,
        "hasPreview": bool(preview and paths and make_preview(str(paths[0]), str(Path(folder, "preview.png")))),
        "unreadable": pictures.unreadable(scene, frame),
    }


@contextmanager
def _part(scene: Any, tile: tuple[int, int] | None, tiles: Sequence[str]) -> Iterator[None]:
    if tile is not None:
        with splitting.as_tile(scene, *tile):
            yield
    elif tiles:
        with tempfile.TemporaryDirectory() as folder, merging.merged(scene, tiles, Path(folder)):
            yield
    else:
        yield


def _render(scene: Any, frame: int, folder: Path) -> None:
    if frame < 0:
        # A scene's range starts at 0; only a still can be rendered before it.
        scene.frame_set(frame)
        scene.render.filepath = literal(folder / f"{frame:05d}")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        return
    scene.render.filepath = literal(folder / "####")
    with _range_of_one(scene, frame):
        bpy.ops.render.render(animation=True, scene=scene.name)


@contextmanager
def _range_of_one(scene: Any, frame: int) -> Iterator[None]:
    """Limit an animation render to one frame, and restore the scene's range before it is evaluated.

    Drivers may read the scene's first and last frame, such as for the length of a loop.
    """
    whole = scene.frame_start, scene.frame_end, scene.frame_step

    def restore(*_: Any) -> None:
        scene.frame_start, scene.frame_end, scene.frame_step = whole

    scene.frame_start = scene.frame_end = frame
    scene.frame_step = 1
    bpy.app.handlers.render_init.append(restore)
    try:
        yield
    finally:
        bpy.app.handlers.render_init.remove(restore)
        restore()


def _frame_file(scene: Any, names: SceneNames, frame: int, path: Path) -> dict[str, Any]:
    view = _view(scene, path.stem)
    named = next((each.name for each in scene.render.views if view and each.file_suffix == view), "")
    return {
        "relativePath": f"frames/{path.name}",
        "fileName": names.of_frame(scene, frame, named, path.name),
        "view": view,
        "node": None,
    }


def _view(scene: Any, stem: str) -> str | None:
    """The suffix of the view, if the file shows only one."""
    if not scene.render.use_multiview:
        return None
    suffixes = [view.file_suffix for view in scene.render.views if view.use and view.file_suffix]
    return next((suffix for suffix in suffixes if stem.endswith(suffix)), None)


def _node_files(scene: Any, nodes: Path, origins: dict[str, str]) -> list[dict[str, Any]]:
    """The files of File Output nodes, with the names that they would have in the artist's own folder."""
    files = []
    for name, node in sorted(origins.items()):
        folder = nodes / name
        files += [
            {
                "relativePath": f"composite/{path.relative_to(nodes).as_posix()}",
                "fileName": path.name,
                "view": _view(scene, path.stem),
                "node": node,
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
    return files
