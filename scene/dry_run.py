"""What would be sent, without sending or writing anything: findings, files, the config, and where frames will go."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy
from bpy.types import Object, Scene

from ..client import frame_ranges
from ..client.errors import LocalProblem
from ..client.message import msg
from ..jobs.folder import zip_stream
from ..jobs.folder.frame_names import existing_in
from ..jobs.folder.job_folder import Output
from ..jobs.folder.manifest import Entry
from ..jobs.process.blender_log import Loss
from . import checks, scan
from .checks.context import CheckContext, FileLine
from .checks.findings import ERROR, WARNING, Finding, arranged
from .package_layout import PackageLayout, clean
from .request import output, render_config, scene_settings
from .request.request import SubmitRequest
from .scan import Found, color_config, usage
from .scan.animated.animation import Animation

UNTITLED = "untitled.blend"


@dataclass(frozen=True, slots=True)
class DryRun:
    """The result of a dry run.

    files: the open .blend first. output: None when the scene's output path cannot be used (a finding says why).
    existing: how many of the frames exist already.
    bytes: of the package without the .blend itself, which is measured after packing.
    mbit: upload speed in megabits per second, 0 if unknown.
    """

    findings: tuple[Finding, ...]
    render_config: dict[str, Any]
    frames: tuple[int, ...]
    output: Output | None
    existing: int = 0
    found: tuple[Found, ...] = ()
    places: PackageLayout | None = None
    files: tuple[FileLine, ...] = ()
    mbit: float = 0.0

    @property
    def blockers(self) -> tuple[str, ...]:
        """Sentences of the errors, which stop the submission."""
        return tuple(one.message for one in self.findings if one.severity == ERROR)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences to be asked about once."""
        return tuple(one.message for one in self.findings if one.severity == WARNING)

    @property
    def kind(self) -> str:
        """A single .blend if it needs nothing else, or a zip."""
        return "zip" if self.places and self.places.files else "blend"

    @property
    def bytes(self) -> int:
        """Size of the package."""
        there = [line for line in self.files if not line.missing]
        if self.kind == "blend":
            return sum(line.bytes for line in there)
        return zip_stream.size_of(Entry(line.path, line.source, line.bytes, 0, "", "", "") for line in there)

    def for_files(self, existing: str) -> DryRun:
        """The same check with the user's choice for existing files.

        existing: as in `job_folder.Output`, or "skip": then only the other frames are left. Files that only the skipped
        frames need are still in the package.
        """
        if self.output is None:
            return self
        if existing != "skip":
            return replace(self, output=replace(self.output, existing=existing))
        taken = existing_in(self.output, self.frames)
        left = tuple(number for number in self.frames if number not in taken)
        config = {**self.render_config, "frameRanges": frame_ranges.ranges(left)} if taken else self.render_config
        where = replace(self.output, existing="replace")
        return replace(self, output=where, frames=left, render_config=config, existing=0)

    @property
    def minutes(self) -> float | None:
        """How long the upload will take, or None when the line's speed is not known."""
        return self.bytes * 8 / 1e6 / self.mbit / 60 if self.mbit > 0 else None

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/check.md."""
        return {
            "findings": [one.as_json() for one in self.findings],
            "package": {
                "kind": self.kind,
                "bytes": self.bytes,
                "minutes": None if self.minutes is None else round(self.minutes, 2),
                "files": [
                    {
                        "source": line.source,
                        "path": line.path,
                        "bytes": line.bytes,
                        "reason": line.reason,
                        "missing": line.missing,
                    }
                    for line in self.files
                ],
            },
            "renderConfig": self.render_config,
            "output": {
                "folder": self.output.folder if self.output else "",
                "pattern": self.output.pattern if self.output else "",
                "patterns": list(self.output.patterns) if self.output else [],
                "existing": self.existing,
            },
        }


Scans = dict[tuple[str, tuple[int, ...], str, frozenset[Any]], tuple[Found, ...]]
"""What each scene needs for which frames and which engine, when these data-blocks are used."""


def dry_run(
    request: SubmitRequest, scans: Scans | None = None, jobs: str = "", losses: tuple[Loss, ...] = ()
) -> DryRun:
    """Check the request against the open file. Whatever is wrong is a finding, never an exception.

    Args:
        scans: results for the other requests of a batch, which this one reuses and adds to: two cameras of a scene need
            the same files.
        jobs: the folder of all job folders, where copies of the .blend files will be; "" to leave its disk unchecked.
        losses: what Blender reported when it opened the file, if that was recorded.
    """
    try:
        scene = chosen_scene(request)
        read = scene_settings.read(scene)
        config = render_config.build(read, request)
        frames = render_config.frames(read, request)
    except LocalProblem as problem:
        return DryRun((_as_finding(problem, "request"),), {}, (), None)
    scans = {} if scans is None else scans
    camera = chosen_camera(request)
    animation = Animation()
    used = usage.used_by(scene, camera, animation)
    engine = config.get("renderEngine", "")
    key = (scene.name, tuple(frames), engine, frozenset(used))
    if key not in scans:
        scans[key] = tuple(scan.scan(scene, frames, camera, animation, engine))
    found = scans[key]
    places = PackageLayout(os.path.basename(bpy.data.filepath) or UNTITLED, bpy.data.filepath, found)
    found += _colors(places) if request.pack_color_config else ()
    files = tuple(_lines(places, found, request.leave_out))
    where, findings = _output(scene, request, config, frames)
    findings += checks.find(
        CheckContext(scene, request, read, config, frames, found, used, files, where, jobs, animation, losses)
    )
    existing = len(existing_in(where, frames)) if where else 0
    return DryRun(arranged(findings), config, frames, where, existing, found, places, files, request.mbit)


def _colors(places: PackageLayout) -> tuple[Found, ...]:
    """Put the OpenColorIO config and its tables into the package."""
    config = color_config.in_use()
    if not color_config.can_be_packed(config):
        return ()
    tables = color_config.tables(config)
    reason = msg("named by the color config")
    found = [Found(color_config.CONFIG, config, msg("used for color management"), config, (config,), ())]
    places.add(f"{color_config.FOLDER}/config{os.path.splitext(config)[1].lower()}", config, found[0])
    for number, path in enumerate(sorted(set(tables.found.values())), 1):
        found.append(Found(color_config.TABLE, config, reason, path, (path,), ()))
        places.add(f"{color_config.FOLDER}/{number}-{clean(os.path.basename(path))}", path, found[-1])
    gone = (Found(color_config.TABLE, config, reason, path, (path,), (path,)) for path in tables.missing)
    return (*found, *gone)


def _output(
    scene: Scene, request: SubmitRequest, config: dict[str, Any], frames: tuple[int, ...]
) -> tuple[Output | None, list[Finding]]:
    """Where frames will be written, or a finding that says why that is impossible."""
    if output.needs_saved_file(scene, request):
        return None, []  # the checks say so
    try:
        return output.plan(scene, request, config, frames), []
    except LocalProblem as problem:
        return None, [_as_finding(problem, "output_path")]


def chosen_scene(request: SubmitRequest) -> Scene:
    """The scene that the request means. Raises LocalProblem."""
    if not request.scene:
        return bpy.context.scene
    if request.scene not in bpy.data.scenes:
        raise LocalProblem(
            msg("Scene “{name}” not found in the file.", name=request.scene),
            "Nothing was sent.",
            msg("Available scenes: {scenes}.", scenes=", ".join(scene.name for scene in bpy.data.scenes)),
        )
    return bpy.data.scenes[request.scene]


def chosen_camera(request: SubmitRequest) -> Object | None:
    """The camera that the request names; None without a name, or for one that the checks will reject."""
    return bpy.data.objects.get(request.camera) if request.camera else None


def _lines(places: PackageLayout, found: tuple[Found, ...], left_out: Collection[str]) -> Iterator[FileLine]:
    blend = bpy.data.filepath
    yield FileLine(blend, places.main, _size(blend), "scene", msg("the open file"), msg("the scene itself"), False)
    for place in sorted(places.files):
        source, thing = places.files[place], places.thing_at[place]
        yield FileLine(source, place, _size(source), thing.kind, thing.owner, thing.reason, False)
    for path, one in scan.missing_of(found):
        if path in left_out or one.path in left_out:
            continue
        yield FileLine(path, "", 0, one.kind, one.owner, one.reason, True)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _as_finding(problem: LocalProblem, code: str) -> Finding:
    return Finding(ERROR, code, problem.message)
