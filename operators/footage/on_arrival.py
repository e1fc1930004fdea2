"""While frames arrive: what shows them is extended, and scenes with that option get their frames without a click."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import bpy
from bpy.app import handlers
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Image, Operator, Scene

from ...client.errors import FarmhandError
from ...ui import guard
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from ...ui.jobs.journal_picture import BUSY_SECONDS
from ...ui.session import Session
from . import camera, compositor, difference, footage, image, image_editor, strip, video

_OPEN_STEP = {"BLOCKING", "UNDO"}
"""Options of operators that end with a step of Undo, which is open while they run."""
_READING_JOBS = ("RENDER", "OBJECT_BAKE")
"""Blender's own jobs that read the file in a thread of theirs."""


def is_file_in_use(context: Context) -> bool:
    """Whether Blender renders, or a tool is active: a stroke, a transform, anything that ends with an undo step.

    Changing the file then would interfere with their state, and an undo step of ours crashes Blender in a stroke of
    Sculpt Mode (seen in 5.2.2). Modal operators of other add-ons do not count: some never end.
    """
    return any(map(bpy.app.is_job_running, _READING_JOBS)) or is_tool_in_hand(context)


def is_tool_in_hand(context: Context) -> bool:
    """Whether one of Blender's own modal tools is active in a window, and handles its key presses."""
    operators = (one for window in context.window_manager.windows for one in window.modal_operators)
    return any(type(one) is Operator and one.bl_options & _OPEN_STEP for one in operators)


def follow(context: Context, session: Session) -> None:
    """Update what shows frames; called when the snapshot changed, while the file is not in use."""
    _grow(session)
    unseen = session.picture.unseen
    for row in session.snapshot.rows if unseen else ():
        arrived = {one.id for one in row.parts if one.id in unseen and one.frames_done}
        if arrived:
            unseen -= arrived
            _take_in(context, session, row)
    if session.arrivals.videos:
        _take_in_videos(context, session)
    difference.follow(context, session)


@persistent
def file_changed(*_args: object) -> None:
    """A file was opened or a step undone: the file's state may be older than the downloaded frames."""
    current = ui_state.current()
    if current is None:
        return
    try:
        _grow(current)
    except Exception as error:  # Blender would show a traceback
        current.refuse(guard.in_words(error))


def add() -> None:
    """Register handlers for opened files and undone steps."""
    for changes in _changes():
        changes.append(file_changed)


def remove() -> None:
    """Remove the handlers."""
    for changes in _changes():
        changes.remove(file_changed)


def _changes() -> tuple[list[object], ...]:
    return handlers.load_post, handlers.undo_post, handlers.redo_post


def _grow(session: Session) -> None:
    for made in [*strip.all_marked(), *image.all_marked()]:
        row = session.snapshot.by_id.get(made[footage.MARK])
        if row is None or made.get(footage.COUNT, 0) >= row.submission.frames_done:
            continue
        found = _footage(session, row)
        if isinstance(made, Image):
            image.grow(made, found)
        else:
            strip.grow(made, found)
            made[footage.COUNT] = found.done


def _take_in(context: Context, session: Session, row: Row) -> None:
    one = row.submission
    scene = bpy.data.scenes.get(one.scene)
    if one.blend != bpy.data.filepath:
        return
    if scene is None:  # only the scene's own settings say what its frames are for
        if any(each.farmhand.arriving != "NOTHING" for each in bpy.data.scenes):
            text = rpt_(
                "{name}: frames are not added automatically, because this file has no scene “{scene}”; use Import"
            )
            session.reports.notes.append(("WARNING", text.format(name=one.name, scene=one.scene)))
        return
    if scene.farmhand.arriving == "NOTHING":
        return
    try:
        with _in_window_of(scene, context):
            _bring(context, scene, _footage(session, row))
            bpy.ops.ed.undo_push(message="Frames Arrive")
    except FarmhandError as error:
        session.reports.notes.append(("ERROR", error.message))


def _take_in_videos(context: Context, session: Session) -> None:
    windows = context.window_manager.windows
    try:
        with context.temp_override(window=windows[0]) if windows else nullcontext():
            video.follow(context, session, _footage)
    except FarmhandError as error:
        session.reports.notes.append(("ERROR", error.message))


def _bring(context: Context, scene: Scene, found: footage.Footage) -> None:
    match scene.farmhand.arriving:
        case "STRIP":
            strip.add(context, found, is_asked=False)
        case "IMAGE":
            # No editor is opened, which would interrupt other work.
            image_editor.show(found, image_editor.open_area(context))
        case "COMPOSITOR":
            compositor.add(scene, found, is_asked=False)
        case "CAMERA":
            camera.add(scene, found)


def _in_window_of(scene: Scene, context: Context) -> AbstractContextManager[object]:
    """The context of the window that shows the scene; a timer's own context is any window's, or none."""
    windows = sorted(context.window_manager.windows, key=lambda window: window.scene != scene)
    return context.temp_override(window=windows[0]) if windows else nullcontext()


def _footage(session: Session, row: Row) -> footage.Footage:
    return footage.footage_of(row, footage.records_of(session.home, row, BUSY_SECONDS))
