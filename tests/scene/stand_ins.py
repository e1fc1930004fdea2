"""Findings that another system, a full disk or a window would bring: checks see stand-ins. Runs in a Blender."""

from __future__ import annotations

import contextlib
import ntpath
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import bpy
import do_in_blender
import making


def little_space(folder: Path) -> list[Any]:
    context = _case(folder)
    full = SimpleNamespace(disk_usage=lambda _place: SimpleNamespace(free=1000))
    with mock.patch.object(_check("files.disk_space"), "shutil", full):
        return list(_check("files.disk_space").find(context))


def several_drives(folder: Path) -> list[Any]:
    line = do_in_blender.part("scene.checks.context").FileLine
    context = _case(folder, files=[line(f"{drive}:\\p\\w.png", "w.png", 1, "image", "", "", False) for drive in "CD"])
    with _windows(_check("files.portable_names")):
        return [one for one in _check("files.portable_names").find(context) if one.code == "several_drives"]


def cloud_placeholder(folder: Path) -> list[Any]:
    with _windows(_check("files.portable_names")):
        return [one for one in _check("files.portable_names").find(_case(folder)) if one.code == "cloud_placeholder"]


def no_frames(folder: Path) -> list[Any]:
    """Blender's own buttons never let a range end before it starts."""
    return list(_check("frames").find(_case(folder, frames=())))


def unsaved_changes(folder: Path) -> list[Any]:
    context = _case(folder)
    data = SimpleNamespace(is_dirty=True, filepath=bpy.data.filepath, version=bpy.data.version, libraries=[])
    app = SimpleNamespace(background=False, version=bpy.app.version)
    with mock.patch.object(_check("blend_file"), "bpy", SimpleNamespace(data=data, app=app, path=bpy.path)):
        return list(_check("blend_file").find(context))


def _case(folder: Path, **members: Any) -> Any:
    making.plane()
    making.save(folder / "stand_in.blend")
    request = do_in_blender.part("scene.request.request").SubmitRequest(output=str(folder))
    checked = do_in_blender.part("scene.dry_run").dry_run(request)
    settings = do_in_blender.part("scene.request.scene_settings").read(bpy.context.scene)
    known = {"frames": checked.frames, "files": checked.files} | members
    context = do_in_blender.part("scene.checks.context").CheckContext
    return context(
        bpy.context.scene,
        request,
        settings,
        checked.render_config,
        known["frames"],
        (),
        {},
        known["files"],
        checked.output,
    )


def _check(name: str) -> Any:
    return do_in_blender.part(f"scene.checks.{name}")


@contextlib.contextmanager
def _windows(module: Any) -> Iterator[None]:
    """Files are offline, and paths have drives."""
    status = SimpleNamespace(st_file_attributes=stat.FILE_ATTRIBUTE_OFFLINE)
    system = SimpleNamespace(name="nt", path=ntpath, sep="\\", stat=lambda _path: status)
    with (
        mock.patch.object(module, "os", system),
        mock.patch.object(do_in_blender.part("scene.package_layout"), "os", system),
    ):
        yield


CASES: tuple[Callable[[Path], list[Any]], ...] = (
    little_space,
    several_drives,
    cloud_placeholder,
    no_frames,
    unsaved_changes,
)
