"""The dry run, remembered for the panels until the file changes. Nothing leaves this computer."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.app.handlers import persistent
from bpy.types import Context, Depsgraph, Operator, Scene

from ...jobs.journal import upload_speed
from ...jobs.journal.journal import Journal
from ...scene.dry_run import DryRun, dry_run
from ...scene.request.request import SubmitRequest
from .. import guard
from .. import state as ui_state
from ..jobs.journal_picture import BUSY_SECONDS
from ..preferences import user_home
from ..servers import servers
from ..session import Session
from . import render_request, summary
from .check_result import Check, file_tree


def check(context: Context, what: str) -> Check:
    """Dry-run what a button would submit, and remember the result for the panels."""
    request = render_request.build(context, what)
    run = dry_run(replace(request, mbit=_mbit(context)), jobs=str(user_home().jobs))
    session = ui_state.require()
    checked = Check(run, request, tuple(file_tree(run.files)), _subject(context, session), what)
    session.checks.by_scene[context.scene.name] = checked
    return checked


def check_again(operator: Operator, context: Context) -> None:
    """Check again after a fix, which can be undone even if the check fails.

    The same frames are checked as before: a dialog may be open that asks about them.
    """
    before = last_check(context)
    try:
        check(context, before.what if before else "ANIMATION")
    except Exception as error:
        guard.report_error(operator, error)


def last_check(context: Context) -> Check | None:
    """The last dry run of the scene in view."""
    session = ui_state.current()
    return session.checks.by_scene.get(context.scene.name) if session else None


def is_current(context: Context, checked: Check) -> bool:
    """Whether nothing that determines the files has changed since, as far as Blender reports changes."""
    session = ui_state.current()
    if session is None:
        return False
    files, settings = _subject(context, session)
    then_files, then_settings = checked.subject or (None, None)
    # Settings change no file, but findings may concern them.
    return files == then_files and (settings == then_settings or not checked.findings)


def run_for(context: Context, checked: Check | None, request: SubmitRequest) -> DryRun | None:
    """The dry run that this click has already made, for packing; None if it was for something else."""
    session = ui_state.current()
    if checked is None or session is None or checked.subject != _subject(context, session):
        return None
    return checked.run if replace(checked.request, existing=request.existing) == request else None


def _subject(context: Context, session: Session) -> tuple[object, ...]:
    """What determines the files, and the settings. Edits of data are counted; Blender reports no changes of settings,
    and no added or removed data."""
    scene, ours = context.scene, context.scene.farmhand
    cameras = tuple(one.name if one else "" for one in (scene.camera, ours.camera))
    chosen = context.window_manager.farmhand.allow_add_ons, ours.pack_color_config
    left_out = tuple(one.name for one in ours.left_out)
    counts = len(scene.objects), len(bpy.data.images)
    return (session.checks.edits, cameras, chosen, left_out, counts), summary.image_text(scene)


def _mbit(context: Context) -> float:
    """Upload speed to the scene's server, from the last upload; 0 if unknown, or if no network is used."""
    home = user_home()
    if servers.scene_server(context).is_loopback or not home.journal.exists():
        return 0.0
    with Journal(home.journal, busy_seconds=BUSY_SECONDS) as journal:
        return upload_speed.measured_mbit(journal)


@persistent
def file_changed(_scene: Scene, depsgraph: Depsgraph) -> None:
    """Something of the open file was edited; a mere selection does not count."""
    session = ui_state.current()
    if session is not None and any(
        one.is_updated_geometry or one.is_updated_transform or one.is_updated_shading for one in depsgraph.updates
    ):
        session.checks.edits += 1


def add() -> None:
    """Start counting edits."""
    bpy.app.handlers.depsgraph_update_post.append(file_changed)


def remove() -> None:
    """Stop counting them."""
    bpy.app.handlers.depsgraph_update_post.remove(file_changed)
