"""Renders one frame into a folder of its own and lists the files that came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from . import file_output_nodes, metadata, stamps
from .output_names import literal
from .preview import make_preview
from .refused import Refused


def frame(scene: Any, frame: int, folder: str, preview: str | None = None) -> dict[str, Any]:
    """Render, as `blender -a` would render this frame.

    folder: empty; frames go to its `frames`, files of File Output nodes to its `nodes`.
    preview: where to put a small PNG of the frame, or None.  Raises Refused when nothing was written.
    """
    frames, nodes = Path(folder, "frames"), Path(folder, "nodes")
    frames.mkdir(parents=True)
    origins = file_output_nodes.redirect(scene, nodes)
    started = time.perf_counter()
    with stamps.without_path(scene) as change:
        _render(scene, frame, frames)
    for image in (each for each in Path(folder).rglob("*") if each.is_file()):
        metadata.rewrite(image, change)
    seconds = time.perf_counter() - started
    files = [_frame_file(scene, path) for path in sorted(frames.iterdir())]
    if not files:
        raise Refused("nothing_written", f"Blender rendered frame {frame} and wrote no image.")
    small = make_preview(files[0]["path"], preview) if preview else None
    return {"files": files + _node_files(nodes, origins), "seconds": seconds, "preview": small}


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
    """Let an animation render take one frame, and give the scene its range back before it is evaluated.

    Drivers may read the scene's first and last frame: a loop's length, for one.
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


def _frame_file(scene: Any, path: Path) -> dict[str, Any]:
    return {"path": str(path), "relativePath": f"frames/{path.name}", "view": _view(scene, path.stem), "node": None}


def _view(scene: Any, stem: str) -> str | None:
    if not scene.render.use_multiview:
        return None
    suffixes = [view.file_suffix for view in scene.render.views if view.use and view.file_suffix]
    return next((suffix for suffix in suffixes if stem.endswith(suffix)), None)


def _node_files(nodes: Path, origins: dict[str, str]) -> list[dict[str, Any]]:
    files = []
    for name, node in sorted(origins.items()):
        folder = nodes / name
        files += [
            {
                "path": str(path),
                "relativePath": f"composite/{path.relative_to(nodes).as_posix()}",
                "view": None,
                "node": node,
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
    return files
