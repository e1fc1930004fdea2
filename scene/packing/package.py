"""Makes the job folder. Only the saved copy is written on the main thread; a background Blender does the rest."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Scene

from ...client import files, frame_ranges
from ...client.errors import FarmhandError, LocalProblem, Stopped
from ...client.message import Message, msg
from ...jobs.folder import job_folder
from ...jobs.folder.frame_names import conflict_error
from ...jobs.folder.job_folder import JobFile, Package
from ...jobs.process.child_process import NO_WINDOW, TEMPORARY_VARIABLES
from .. import this_blender
from ..checks.context import FileLine
from ..checks.files.missing import file_shape
from ..dry_run import DryRun, chosen_scene, dry_run
from ..request import output, project_variables, scene_settings
from ..request.request import SubmitRequest
from ..scan import color_config
from ..scan.reference import absolute
from . import packer
from .packer import COPY, ORDER, PROGRESS, RESULT

LOG = "packing.log"
_TEMPORARY = "temporary"
_WAIT_SECONDS = 0.05


def start(request: SubmitRequest, jobs_folder: Path, checked: DryRun | None = None) -> Packing:
    """Write the saved copy into a new job folder and start to pack it.

    Args:
        jobs_folder: the folder of all job folders.
        checked: a dry run of this same request that was just made; without it, one is made here.

    Raises:
        LocalProblem: a check found an error, or the copy cannot be written.
    """
    return _begin(request, jobs_folder, checked, _start_packing)


def make(request: SubmitRequest, jobs_folder: Path, checked: DryRun) -> Packing:
    """Pack immediately in this Blender, which then has another file open: only for our own scripts.

    Args:
        jobs_folder: the folder of all job folders.
        checked: a dry run of this same request.

    Raises:
        LocalProblem: a check found an error, or the package cannot be written.
    """
    return _begin(request, jobs_folder, checked, packer.main)


def _begin(
    request: SubmitRequest,
    jobs_folder: Path,
    checked: DryRun | None,
    pack: Callable[[Path], subprocess.Popen[bytes] | None],
) -> Packing:
    checked = checked or dry_run(request, jobs=str(jobs_folder))
    if checked.blockers:
        raise LocalProblem(checked.blockers[0], "Nothing was sent.")
    if checked.existing and request.existing == "ask":
        raise conflict_error(checked.existing)
    if checked.output:
        output.reserve(request, checked.output)
    submission_id = job_folder.new_id()
    folder = Path(jobs_folder) / submission_id
    try:
        folder.mkdir(parents=True)
        _save_copy(folder / COPY)
        order = _write_order(request, checked, folder)
        draft = _draft(request, checked, submission_id)
        process = pack(order)
    except (OSError, RuntimeError) as error:
        files.remove_tree(folder, wait_seconds=0)
        raise packer.unwritable(folder, error) from error
    return Packing(folder, process, draft)


class Packing:
    """A job folder in the making.

    poll: call it often; it never waits. finished: nothing more will happen, and problem or folder has the result.
    """

    def __init__(
        self, folder: Path, process: subprocess.Popen[bytes] | None, draft: Callable[[Package], JobFile]
    ) -> None:
        self.folder = folder
        self.finished = False
        self.problem: FarmhandError | None = None
        self._process = process
        self._draft = draft

    def poll(self) -> float | None:
        """The progress, 0 to 1, or None if not known yet."""
        if self.finished:
            return 1.0
        if self._process is None or self._process.poll() is not None:
            self._conclude()
            return 1.0
        try:
            return float((self.folder / PROGRESS).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def wait(self, on_progress: Callable[[float], None] = lambda _done: None) -> None:
        """Block until it is finished. The outcome is in problem."""
        while not self.finished:
            done = self.poll()
            if done is not None:
                on_progress(done)
            if not self.finished:
                time.sleep(_WAIT_SECONDS)

    def cancel(self) -> None:
        """Stop, and remove the folder."""
        if self.finished:
            return
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._fail(Stopped("Packing was canceled.", "Nothing was sent."))

    def _conclude(self) -> None:
        try:
            result = json.loads((self.folder / RESULT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._fail(_ended_early(self.folder))
            return
        if "problem" in result:
            self._fail(LocalProblem(**{name: Message.decoded(text) for name, text in result["problem"].items()}))
            return
        job = replace(self._draft(Package(**result["package"])), fault_colors=result["fault_colors"])
        try:
            job_folder.write(self.folder, job)
        except LocalProblem as problem:
            self._fail(problem)
            return
        for name in (COPY, ORDER, RESULT, PROGRESS, LOG):
            with suppress(OSError):  # a virus scanner may still have it open; it is removed with the job's folder
                files.remove(self.folder / name, wait_seconds=0)
        files.remove_tree(self.folder / _TEMPORARY, wait_seconds=0)
        self.finished = True

    def _fail(self, problem: FarmhandError) -> None:
        files.remove_tree(self.folder, wait_seconds=0)
        self.problem = problem
        self.finished = True


def _save_copy(path: Path) -> None:
    # Remapping would make Blender delete the user's unbaked fluid caches; the packer needs none (see `staging`).
    # With automatic packing, Blender would pack the user's images in the open file too.
    packs = bpy.data.use_autopack
    bpy.data.use_autopack = False
    try:
        bpy.ops.wm.save_as_mainfile(
            filepath=str(path), copy=True, compress=False, relative_remap=False, check_existing=False
        )
    finally:
        bpy.data.use_autopack = packs


def _write_order(request: SubmitRequest, checked: DryRun, folder: Path) -> Path:
    places = checked.places
    order = {
        "blend": bpy.data.filepath,
        "main": places.main,
        "of": places.of,
        "libraries": sorted(one.path for one in checked.found if one.kind == "library" and one.path in places.of),
        "files": [_entry(line) for line in checked.files if not line.missing],
        "linked": [absolute(library.filepath, bpy.context.scene) for library in bpy.data.libraries],
        "scene": chosen_scene(request).name,
        "camera": request.camera,
        "view_layer": request.view_layer,
        "variables": project_variables.variables(),
        "needs_engine": "renderEngine" not in checked.render_config and not request.runs_scripts,
    }
    (folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
    return folder / ORDER


def _start_packing(order: Path) -> subprocess.Popen[bytes]:
    script = Path(__file__).resolve().parent.parent / "headless.py"
    temporary = order.with_name(_TEMPORARY)
    temporary.mkdir(exist_ok=True)
    with order.with_name(LOG).open("wb") as log:
        return subprocess.Popen(
            this_blender.script_command(script, "pack", str(order)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            creationflags=NO_WINDOW,
            env={**os.environ, **color_config.environment(), **dict.fromkeys(TEMPORARY_VARIABLES, str(temporary))},
            cwd=order.parent.parent,  # not the project's folder, which Windows would then not let anyone rename
        )


def _entry(line: FileLine) -> dict[str, str]:
    return {"path": line.path, "source": line.source, "kind": line.kind, "owner": line.owner, "reason": line.reason}


def _draft(request: SubmitRequest, checked: DryRun, submission_id: str) -> Callable[[Package], JobFile]:
    """Everything of job.json that is known before the package is made."""
    scene = chosen_scene(request)
    blend = bpy.data.filepath
    command = this_blender.blender_command()
    version = this_blender.version()

    def complete(package: Package) -> JobFile:
        return JobFile(
            id=submission_id,
            name=request.name or Path(package.name).stem,
            server_url=request.server_url,
            blend=blend,
            scene=scene_name,
            camera=request.camera,
            view_layer=request.view_layer,
            blender=command,
            blender_version=version,
            package=package,
            output=checked.output,
            render_config=checked.render_config,
            frames=list(checked.frames),
            findings=[one.as_json() for one in checked.findings],
            ask_mode=request.ask_mode,
            expected=expected,
            allow_add_ons=request.runs_scripts,
            rest=list(frame_ranges.parse(request.rest)) if request.rest else [],
            part_of=request.part_of,
        )

    scene_name = scene.name
    expected = _expected(request, checked, scene)
    return complete


def _expected(request: SubmitRequest, checked: DryRun, scene: Scene) -> dict[str, Any]:
    """What the service should find in the file, in the form of `JobFile.expected`."""
    settings = scene_settings.read(scene)
    return {**settings.as_config(), "frames": list(settings.frames), "missing": sorted(_not_sent(request, checked))}


def _not_sent(request: SubmitRequest, checked: DryRun) -> set[str]:
    """Files that the .blend names and that are intentionally not sent: missing here, left out, or not needed."""
    sent = {file_shape(line.source) for line in checked.files if not line.missing}
    missing = {line.path for line in checked.files if line.missing}
    paths = bpy.utils.blend_paths(absolute=True, packed=False, local=False)
    named = (os.path.normpath(path) for path in paths)
    not_needed = {path for path in named if file_shape(_tile(path)) not in sent}
    return {path for path in (*request.leave_out, *missing, *not_needed) if Path(path).name}


def _tile(path: str) -> str:
    """The path of one tile, if the path stands for all of them."""
    return path.replace("<UDIM>", "1001")


def _ended_early(folder: Path) -> LocalProblem:
    reason = msg("Packing failed: {reason}", reason=_last_words(folder))
    return LocalProblem(reason, "Nothing was sent.", "Try again.")


def _last_words(folder: Path) -> str:
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return msg("the background Blender left no log.")
    return next(
        (line.strip() for line in reversed(lines) if line.strip()), msg("the background Blender exited without output.")
    )
