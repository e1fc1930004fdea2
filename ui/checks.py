# SPDX-License-Identifier: GPL-3.0-or-later
"""The dry run, remembered for the panels until the file changes.  Nothing leaves this computer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.types import Context, Depsgraph, Operator, Scene

from ..client.errors import LocalProblem
from ..jobs import upload_speed
from ..jobs.journal import Journal
from ..jobs.text import printable
from ..scene.dry_run import dry_run
from . import guard, render_request
from . import state as ui_state
from .check_result import Check, SentLine
from .preferences import user_home


def check(context: Context, what: str) -> Check:
    """See what would be sent."""
    found = dry_run(replace(render_request.build(context, what), mbit=_mbit(context)), jobs=str(user_home().jobs))
    package = found.as_json()["package"]
    files = sorted(package["files"], key=lambda file: (not file["missing"], -file["bytes"]))
    checked = Check(
        findings=found.findings,
        files=tuple(files),
        bytes=int(package["bytes"]),
        tree=tuple(_tree(files)),
        existing=found.existing,
        minutes=found.minutes,
        config=found.render_config,
        of=_subject(context, ui_state.holder()),
    )
    ui_state.holder().checks[context.scene.name] = checked
    return checked


def check_again(operator: Operator, context: Context) -> None:
    """After a fix, which stands and can be undone even when the check cannot be made."""
    try:
        check(context, "ANIMATION")
    except Exception as error:
        guard.report_error(operator, error)


def last(context: Context) -> Check | None:
    """The last dry run of the scene in view."""
    current = ui_state.current()
    return current.checks.get(context.scene.name) if current else None


def is_current(context: Context, checked: Check) -> bool:
    """Whether nothing was changed since, as far as Blender tells."""
    current = ui_state.current()
    return current is not None and checked.of == _subject(context, current)


def _subject(context: Context, current: ui_state.Live) -> tuple[object, ...]:
    """Changes of data are counted; those of settings, and what comes and goes, Blender does not tell of."""
    scene = context.scene
    camera = scene.camera.name if scene.camera else ""
    try:
        rendered = render_request.rendered(context)
    except LocalProblem as problem:
        rendered = problem.what
    where = render_request.output_template(scene)
    return current.edits, rendered, where, camera, len(scene.objects), len(bpy.data.images)


def _tree(files: list[dict[str, Any]]) -> Iterator[SentLine]:
    """What is missing first, then the files of each folder of the package; the largest come first."""
    folders = defaultdict[str, list[dict[str, Any]]](list)
    for file in files:
        folders["" if file["missing"] else file["path"].rpartition("/")[0]].append(file)
    for folder, found in sorted(folders.items(), key=lambda item: (item[0] != "", -_bytes(item[1]))):
        if folder:
            yield SentLine(f"{folder}/", _bytes(found), is_folder=True)
        for file in found:
            name = printable(PurePath(file["path"] or file["source"]).name)
            yield SentLine(name, file["bytes"], bool(folder), file["reason"], is_missing=file["missing"])


def _bytes(files: list[dict[str, Any]]) -> int:
    return sum(file["bytes"] for file in files)


def _mbit(context: Context) -> float:
    """Speed of the line to the scene's server, as the last upload told; 0 when not known, or when there is no line."""
    home = user_home()
    if render_request.server(context).is_loopback or not home.journal.exists():
        return 0.0
    with Journal(home.journal, busy_seconds=ui_state.BUSY_SECONDS) as journal:
        return upload_speed.measured_mbit(journal)


@persistent
def file_changed(_scene: Scene, depsgraph: Depsgraph) -> None:
    """Something of the open file was edited; a mere selection is none of these."""
    current = ui_state.current()
    if current is not None and any(
        one.is_updated_geometry or one.is_updated_transform or one.is_updated_shading for one in depsgraph.updates
    ):
        current.edits += 1


def add() -> None:
    """Listen to Blender."""
    bpy.app.handlers.depsgraph_update_post.append(file_changed)


def remove() -> None:
    """Listen no longer."""
    bpy.app.handlers.depsgraph_update_post.remove(file_changed)
