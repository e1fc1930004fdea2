# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer that fetches the snapshot, and the modal operator that reports.

The timer is persistent: it goes on when a file is opened, where a modal operator dies.  The modal runs only while there
is something to say, because Blender does not autosave while one runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Event, Operator, Window

from ..client.message import translated
from ..jobs.submission import State, Submission
from ..ui import job_list, properties, thumbnails
from ..ui import state as ui_state
from . import common
from .footage import on_arrival

LONGEST_SECONDS = 30.0
"""Then the modal steps aside until the timer's next turn, so that Blender can autosave."""
_REDRAWN = frozenset({"PROPERTIES", "PREFERENCES"})


class FARMHAND_OT_watch(common.NoTraceback, Operator):
    """Follow the jobs in the status bar. Esc leaves, and the jobs go on"""

    bl_idname = "farmhand.watch"
    bl_label = "Watch Jobs"

    @classmethod
    def poll(cls, context: Context) -> bool:
        reason = _why_not(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: Context, _event: Event) -> set[str]:
        self._timer = context.window_manager.event_timer_add(0.1, window=context.window)
        self._since = time.monotonic()
        self._text = ""
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        current = ui_state.current()
        if current is None:
            return self._finish(context)
        try:
            return self._follow(context, event, current)
        except Exception:
            _drop(current)  # or the timer would start the watch again, to fail again
            raise

    def cancel(self, context: Context) -> None:
        self._finish(context)

    def _follow(self, context: Context, event: Event, current: ui_state.Live) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS" and self._text:
            current.is_hidden = True
            self.report({"INFO"}, rpt_("The jobs go on; their progress is in Properties > Render"))
            return self._finish(context)
        if event.type == "TIMER":
            self._report_news(current)
            self._show(context, "" if current.is_hidden else leaving_text(current.snapshot))
            if not wanted(current) or time.monotonic() - self._since > LONGEST_SECONDS:
                return self._finish(context)
        return {"PASS_THROUGH"}

    def _report_news(self, current: ui_state.Live) -> None:
        self._say_each(current.notes, lambda note: note)
        self._say_each(current.news, over_sentence)

    def _say_each(self, waiting: list[Any], in_words: Callable[[Any], tuple[str, str]]) -> None:
        """Each is taken off before it is said: one that raises neither stops the others nor comes again."""
        while waiting:
            try:
                level, text = in_words(waiting.pop(0))
                self.report({level}, translated(text, rpt_))
            except Exception as error:
                common.report_error(self, error)

    def _show(self, context: Context, text: str) -> None:
        if text != self._text and context.workspace is not None:
            context.workspace.status_text_set(text or None)
            self._text = text

    def _finish(self, context: Context) -> set[str]:
        self._show(context, "")
        context.window_manager.event_timer_remove(self._timer)
        return {"FINISHED"}


def wanted(current: ui_state.Live) -> bool:
    """Whether somebody should watch: something is to be reported, or is on its way out and not hidden."""
    return bool(current.news or current.notes) or (not current.is_hidden and bool(leaving_text(current.snapshot)))


def over_sentence(one: Submission) -> tuple[str, str]:
    """What is reported of a submission that got over: level and text."""
    if one.state is State.DONE:
        return "WARNING" if one.frames_suspect else "INFO", finished_sentence(one)
    if one.state is State.FAILED:
        return "ERROR", f"{one.name}: {_why(one)}"
    return "INFO", rpt_("{name} was canceled").format(name=one.name)


def finished_sentence(one: Submission) -> str:
    """What a finished submission has to say."""
    frames = rpt_("1 frame is") if one.frames_done == 1 else rpt_("{count} frames are").format(count=one.frames_done)
    text = rpt_("{name}: {frames} in {folder}").format(name=one.name, frames=frames, folder=one.output_folder)
    if one.frames_suspect:
        text += " " + rpt_("({count} look wrong)").format(count=one.frames_suspect)
    return text


def leaving_text(snapshot: ui_state.Snapshot) -> str:
    """The status bar's text while something is packed or uploaded, or ""."""
    for row in snapshot.packing:
        return iface_("Packing {name}  {percent:.0f}%   |   Esc: Hide").format(name=row.name, percent=100 * row.factor)
    for row in snapshot.going:
        if row.word == "Uploading":
            return iface_("Uploading {name}  {percent:.0f}%  {speed}   |   Esc: Hide").format(
                name=row.submission.name, percent=100 * row.factor, speed=row.speed
            )
    return ""


def _why_not(context: Context) -> str:
    """Why there is nothing to watch, or ""."""
    current = ui_state.current()
    if bpy.app.background or context.window is None:
        return iface_("Watching needs a window")
    if is_watched(context):
        return iface_("The jobs are watched already")
    if current is None or not wanted(current):
        return iface_("Nothing is being packed or sent, or Esc hid it")
    return ""


def _drop(current: ui_state.Live) -> None:
    current.notes.clear()
    current.news.clear()
    current.is_hidden = True


def _why(one: Submission) -> str:
    return translated(one.problem.message, rpt_) if one.problem else rpt_("the render failed")


def tick() -> float | None:
    """One turn of the timer.  Returns the seconds to the next, or None when Farmhand was disabled."""
    current = ui_state.current()
    if current is None:
        return None
    context = bpy.context
    if getattr(context, "window_manager", None) is None:
        return current.seconds_to_next
    try:
        _turn(context, current)
    except Exception as error:  # a timer that raises is never called again
        current.refuse(common.unexpected(error))
    return current.seconds_to_next


def _turn(context: Context, current: ui_state.Live) -> None:
    current.tick(properties.selected_id(context))
    changed, current.followed = current.followed != current.snapshot.generation, current.snapshot.generation
    job_list.follow(context, current)
    if isinstance(current.pictures, thumbnails.Pictures):
        changed = current.pictures.follow(current) or changed
    if changed or current.is_file_behind:
        current.is_file_behind = on_arrival.is_file_in_use(context)
        if not current.is_file_behind:
            on_arrival.follow(context, current)
            changed = True
    if changed:
        redraw(context)
    if wanted(current):
        _start_watch(context)


def hasten(context: Context) -> None:
    """Turn at once: a press of a button shows, and what it started is handed on the moment it is ready."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
        bpy.app.timers.register(tick, first_interval=0.0, persistent=True)
    redraw(context)


def redraw(context: Context) -> None:
    """Draw again what shows jobs, and nothing else."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _REDRAWN:
                area.tag_redraw()
        _redraw_status_bar(context, window)


def _redraw_status_bar(context: Context, window: Window) -> None:
    """No script reaches the status bar's area; clearing its text redraws it, unless an operator put a text there."""
    if window.workspace is not None and not len(window.modal_operators):
        # Else Blender takes the context's window; right after a file was opened there is none, and it crashes.
        with context.temp_override(window=window):
            window.workspace.status_text_set(None)


def is_watched(context: Context) -> bool:
    """Whether the modal operator runs in any window."""
    name = FARMHAND_OT_watch.__name__
    return any(window.modal_operators.get(name) is not None for window in context.window_manager.windows)


def _start_watch(context: Context) -> None:
    windows = context.window_manager.windows
    if bpy.app.background or not windows or is_watched(context):
        return
    with context.temp_override(window=windows[0]):
        bpy.ops.farmhand.watch("INVOKE_DEFAULT")


@persistent
def file_opened(*_args: object) -> None:
    """Another file: what was checked belongs to the old one, and the list is filled again."""
    current = ui_state.current()
    if current is not None:
        current.checks.clear()
    for window_manager in bpy.data.window_managers:
        window_manager.farmhand.generation = -1


def add() -> None:
    """Start the timer."""
    bpy.app.handlers.load_post.append(file_opened)
    bpy.app.timers.register(tick, first_interval=0.5, persistent=True)


def remove() -> None:
    """Stop the timer."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    bpy.app.handlers.load_post.remove(file_opened)


CLASSES = (FARMHAND_OT_watch,)
