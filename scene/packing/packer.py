"""Runs in a background Blender: rewrites paths in copies of the .blend files and lists the package's contents.

The order is a file in the job folder (see `package`); its progress and result are files next to it. Assets are not
touched: the upload reads them where they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import posixpath
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from ...client import files
from ...client.errors import FarmhandError, LocalProblem
from ...client.message import msg
from ...jobs.folder import manifest, zip_stream
from ...jobs.folder.manifest import Entry
from ...jobs.process.blender_log import ENGINE, Loss
from ..request import project_variables
from ..scan import color_config, osl, references, usage, usd
from ..scan.frame_users import FrameUsers
from ..scan.reference import Reference, absolute
from . import fault_colors, open_blend, own_colors
from .staging import StagingArea

COPY = "copy.blend"
ORDER = "packing.json"
RESULT = "packed.json"
PROGRESS = "packing.progress"
MAIN = "package.blend"

_Pairs = list[tuple[Reference, str]]
"""Each reference with the place of the .blend that its relative path starts from."""


def main(order_file: Path) -> None:
    """Carry out the order; whatever happens, there is a result."""
    order = json.loads(order_file.read_text(encoding="utf-8"))
    folder = order_file.parent
    try:
        packer = Packer(order, folder)
        result = {"package": packer.pack(), "fault_colors": packer.fault_colors}
    except FarmhandError as problem:
        result = {"problem": problem.encoded()}
    except OSError as error:
        result = {"problem": _unusable(error).encoded()}
    files.write_text(folder / RESULT, json.dumps(result))


class Packer:
    """One order. Its `of` says where each file that a .blend names is in the package.

    fault_colors: what was measured of the scene's colors during packing.
    """

    def __init__(self, order: dict[str, Any], folder: Path) -> None:
        self._order = order
        self._folder = folder
        self.fault_colors: dict[str, Any] = {}
        self._main_place: str = order["main"]
        self._of: dict[str, str] = order["of"]
        self._stage = StagingArea(folder / "stage", order["blend"], order["linked"])

    def pack(self) -> dict[str, Any]:
        """Make the manifest and the copies. Returns the members of job_folder.Package."""
        self._tell(0.05)
        staged = {self._main_place: self._pack_main()}
        libraries = self._order["libraries"]
        for number, source in enumerate(libraries):
            self._tell(0.3 + 0.6 * number / len(libraries))
            staged[self._of[source]] = self._pack_library(source, f"library-{number + 1}.blend")
        staged |= self._pack_layers()
        self._stage.clear()
        entries = [self._entry(one, staged.get(one["path"], "")) for one in self._order["files"]]
        manifest.write(self._folder, entries)
        self._tell(1.0)
        return self._package(entries)

    def _package(self, entries: list[Entry]) -> dict[str, Any]:
        if len(entries) == 1:
            only = entries[0]
            return {
                "file": MAIN,
                "kind": "blend",
                "name": self._main_place,
                "bytes": only.bytes,
                "sha256": only.sha256,
                "modified_ns": only.modified_ns,
            }
        name = str(Path(self._main_place).with_suffix(".zip"))
        return {"file": "", "kind": "zip", "name": name, "bytes": zip_stream.size_of(entries), "sha256": ""}

    def _pack_main(self) -> str:
        """The saved copy, with the settings that the API has no field for, and with the package's paths."""
        project_variables.keep(self._order["variables"])
        self._demand_engine(_open(self._staged_copy()))
        self._choose()
        pairs: _Pairs = []
        users = FrameUsers((), ())
        for block in usage.users_of_all():
            if block.library is None or references.is_inside(block.library):
                owner = self._owner_place(block)
                pairs += [(reference, owner) for reference in references.references_of(block, users)]
        pairs += [(references.of_library(library), self._main_place) for library in bpy.data.libraries]
        self._assign(pairs)
        _fill_in_outputs()
        return self._save(MAIN)

    def _demand_engine(self, losses: tuple[Loss, ...]) -> None:
        """Refuse a missing engine, which Blender silently replaces by EEVEE."""
        missing = [loss for loss in losses if loss.kind == ENGINE and loss.scene == self._order["scene"]]
        if missing and self._order["needs_engine"]:
            raise LocalProblem(
                msg(
                    "The render engine {engine} of the scene {scene} is not enabled.",
                    engine=missing[0].name,
                    scene=missing[0].scene,
                ),
                "Nothing was sent, because the scene would be rendered with EEVEE.",
                "Choose Cycles, EEVEE or Workbench in the Render properties.",
            )

    def _pack_library(self, source: str, name: str) -> str:
        """The copy of a linked .blend, or "" if it can be sent unchanged."""
        _open(Path(source))
        owner = self._of[source]
        blocks = [block for block in usage.users_of_all() if block.library is None]
        users = FrameUsers((), ())
        pairs = [(each, owner) for block in blocks for each in references.references_of(block, users)]
        pairs += [(references.of_library(library), owner) for library in bpy.data.libraries]
        return self._save(name) if self._assign(pairs, owner) else ""

    def _pack_layers(self) -> dict[str, str]:
        """Copies of the USD files and OSL scripts whose own paths would become invalid: place → name."""
        places = {one["source"]: one["path"] for one in self._order["files"]} | self._of
        staged: dict[str, str] = {}
        for number, one in enumerate(self._order["files"], 1):
            source, place = one["source"], one["path"]
            name = f"layer-{number}{os.path.splitext(source)[1]}"
            if one["kind"] in (color_config.CONFIG, color_config.TABLE):
                staged |= {place: name} if self._rewrite_colors(one, name) else {}
                continue
            rewrite = usd.rewrite if usd.is_usd(source) else osl.rewrite if one["kind"] in osl.KINDS else None
            if rewrite is not None and rewrite(source, place, places, self._folder / name):
                staged[place] = name
        return staged

    def _rewrite_colors(self, one: dict[str, str], name: str) -> bool:
        """Copy a color config, or a table of it that names others, with the package's paths."""
        files_sent = self._order["files"]
        names = {each["source"]: each["path"] for each in files_sent}
        if one["kind"] == color_config.CONFIG:
            return color_config.rewrite(one["source"], names, self._folder / name)
        config = next(each["source"] for each in files_sent if each["kind"] == color_config.CONFIG)
        return color_config.rewrite_table(config, one["source"], names, self._folder / name)

    def _staged_copy(self) -> Path:
        there = Path(self._stage.path(self._order["blend"] or "/" + COPY))
        there.parent.mkdir(parents=True, exist_ok=True)
        files.replace(self._folder / COPY, there)
        self._stage.show(path for path in self._order["linked"] if path != self._order["blend"])
        return there

    def _choose(self) -> None:
        scene: Any = bpy.data.scenes.get(self._order["scene"])
        if scene is None:  # made by a script and without users: Blender does not save it
            raise LocalProblem(
                msg("The scene {name} is not saved with the file.", name=self._order["scene"]),
                "Nothing was sent.",
                "Select it in the window, save the file, and render again.",
            )
        bpy.context.window.scene = scene
        is_as_shown = self._order["needs_engine"]  # no other engine, no scripts
        can_be_pink = not is_as_shown or fault_colors.can_be_pink(scene)
        known = {"can_be_pink": can_be_pink, "own_green": round(own_colors.least_green(), 3)}
        self.fault_colors = {**fault_colors.measure(scene), **known}
        if self._order["camera"]:
            scene.camera = bpy.data.objects[self._order["camera"]]
            for marker in scene.timeline_markers:  # its own would be used instead
                marker.camera = None
        if self._order["view_layer"]:
            for layer in scene.view_layers:
                layer.use = layer.name == self._order["view_layer"]

    def _owner_place(self, block: Any) -> str:
        """The place that paths are relative to: for data packed with its library, where that library would be."""
        if block.library is None:
            return self._main_place
        return self._of.get(self._stage.original(absolute(block.library.filepath, bpy.context.scene)), self._main_place)

    def _assign(self, pairs: _Pairs, home: str = "") -> bool:
        """Write the package's paths. All are determined first: a library's new path changes the meaning of others.

        home: the place of a library; it moves there before a clip is changed.
        """
        changes = [
            (reference, path)
            for reference, owner in pairs
            if reference.assign and (path := self._new_path(reference, owner)) and path != reference.raw.rstrip("/")
        ]
        if home and any(reference.kind == "clip sequence" for reference, _ in changes):
            self._move(home)
        for reference, path in changes:
            if reference.kind == "clip sequence":
                self._stand_in(reference, path)
            reference.assign(path)
        return bool(changes)

    def _move(self, place: str) -> None:
        there = self._stage.path(os.sep + place)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        with self._told():
            bpy.ops.wm.save_as_mainfile(filepath=there, relative_remap=False, check_existing=False)

    def _stand_in(self, reference: Reference, path: str) -> None:
        """Copy a clip's file to its new place: without a file, an unsaved clip forgets that it is a sequence."""
        source = self._stage.original(reference.path)
        there = os.path.normpath(os.path.join(os.path.dirname(bpy.data.filepath), path[2:]))
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(there), exist_ok=True)
            shutil.copyfile(source, there)

    def _new_path(self, reference: Reference, owner: str) -> str:
        place = self._of.get(self._stage.original(reference.path))
        return "//" + posixpath.relpath(place, posixpath.dirname(owner) or ".") if place else ""

    def _save(self, name: str) -> str:
        path = str(self._folder / name)
        with self._told():
            bpy.ops.wm.save_as_mainfile(
                filepath=path, copy=True, compress=True, relative_remap=False, check_existing=False
            )
        return name

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises `unwritable` instead of Blender's error: on a full disk, 5.3 reports “No such file or directory”."""
        try:
            yield
        except RuntimeError as error:
            raise unwritable(self._folder, error) from error

    def _entry(self, one: dict[str, str], staged: str) -> Entry:
        file = self._folder / staged if staged else Path(one["source"])
        try:
            status = file.stat()
        except OSError as error:
            raise LocalProblem(
                msg("{path} can no longer be read ({reason}).", path=file, reason=error.strerror),
                "The package would be incomplete, so nothing was sent.",
                "Restore the file, or run the check again.",
            ) from error
        return Entry(
            **one,
            bytes=status.st_size,
            modified_ns=status.st_mtime_ns,
            staged=staged,
            sha256=_sha256(file) if staged else "",
        )

    def _tell(self, done: float) -> None:
        """Report progress, only for display: packing continues if it cannot be written."""
        with contextlib.suppress(OSError):
            files.write_text(self._folder / PROGRESS, f"{done:.3f}", wait_seconds=0)


def _fill_in_outputs() -> None:
    """Fill in project variables in File Output nodes' names: the package is outside the project that defines them."""
    trees = [*bpy.data.node_groups, *(tree for scene in bpy.data.scenes if (tree := getattr(scene, "node_tree", None)))]
    for node in (node for tree in trees for node in tree.nodes if node.bl_idname == "CompositorNodeOutputFile"):
        for name in ("directory", "file_name"):
            if hasattr(node, name):
                project_variables.fill_in(node, name)


def unwritable(folder: Path, error: Exception) -> LocalProblem:
    """The error for a .blend that Blender could not write into a job's folder, for whatever reason."""
    return LocalProblem(
        msg(
            "Could not write a copy of the file to {folder} ({reason}).",
            folder=folder.parent,
            reason=" ".join(str(error).split()),
        ),
        "Nothing was sent.",
        "Free some disk space or choose another user folder, then try again.",
    )


def _unusable(error: OSError) -> LocalProblem:
    return LocalProblem(
        msg("Could not use {path} ({reason}).", path=error.filename, reason=error.strerror),
        "Nothing was sent.",
        "Try again.",
    )


def _open(file: Path) -> tuple[Loss, ...]:
    """Open the file. Returns what Blender reports as lost."""
    opened = open_blend.open_blend(file)
    if opened.problem:
        raise LocalProblem(
            msg("{path} cannot be opened: {reason}", path=file, reason=opened.problem),
            "The package would be incomplete, so nothing was sent.",
            "Make sure that it is an undamaged .blend file and not from a newer Blender version.",
        )
    return opened.losses


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
