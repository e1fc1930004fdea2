"""The timer that fetches the snapshot, and the modal operator that reports.

The timer is persistent: it survives opening a file, which a modal operator does not. The modal operator runs only
while there is something to report, because Blender does not autosave while one runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Event, Operator, Timer, Window

from ..client.message import translated
from ..ui import news, properties
from ..ui import state as ui_state
from ..ui.jobs import job_list, thumbnails
from ..ui.jobs.snapshot import Snapshot
from ..ui.servers import server_list
from ..ui.session import Session
from . import common
from .footage import on_arrival

LONGEST_SECONDS = 30.0
"""Then the modal steps aside until the timer's next turn, so that Blender can autosave."""
_REDRAWN = frozenset({"PROPERTIES", "PREFERENCES"})


class FARMHAND_OT_watch(common.Explained, Operator):
    """Show the progress of jobs in the status bar. Press Esc to hide it; the jobs continue"""

    bl_idname = "farmhand.watch"
    bl_label = "Watch Jobs"

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return _why_not(context)

    def invoke(self, context: Context, _event: Event) -> set[str]:
        self._timer = context.window_manager.event_timer_add(0.1, window=context.window)
        _timers.append(self._timer)
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
            current.reports.drop()  # else the timer would start the watch again, which would fail again
            raise

    def cancel(self, context: Context) -> None:
        self._finish(context)

    def _follow(self, context: Context, event: Event, current: Session) -> set[str]:
        is_escape = event.type == "ESC" and event.value == "PRESS"
        if is_escape and self._text and not on_arrival.is_tool_in_hand(context):  # which would need the Esc key itself
            current.reports.is_hidden = True
            self.report({"INFO"}, rpt_("The jobs continue; see their progress in Properties > Render"))
            return self._finish(context)
        if event.type == "TIMER":
            self.report_news(current)
            self._show(context, "" if current.reports.is_hidden else leaving_text(current.snapshot))
            if not wanted(current) or time.monotonic() - self._since > LONGEST_SECONDS:
                return self._finish(context)
        return {"PASS_THROUGH"}

    def report_news(self, current: Session) -> None:
        """Report what happened to jobs since the last tick."""
        self._say_each(current.reports.notes, lambda note: note)
        self._say_each(current.reports.news, lambda one: news.news_sentence(one, current.snapshot.by_id.get(one.id)))

    def _say_each(self, waiting: list[Any], in_words: Callable[[Any], tuple[str, str]]) -> None:
        """Report each after removing it from the list: one that raises neither stops the others nor is repeated."""
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
        _timers.remove(self._timer)
        context.window_manager.event_timer_remove(self._timer)
        return {"FINISHED"}


_timers: list[Timer] = []
"""Of the watch that runs."""


def wanted(current: Session) -> bool:
    """Whether to watch: there is something to report, or an upload whose progress is not hidden."""
    return bool(current.reports) or (not current.reports.is_hidden and bool(leaving_text(current.snapshot)))


def leaving_text(snapshot: Snapshot) -> str:
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
        return iface_("Jobs are already being watched")
    if current is None or not wanted(current):
        return iface_("Nothing is being uploaded, or progress was hidden with Esc")
    return ""


def tick() -> float | None:
    """One timer tick. Returns the seconds until the next, or None if Farmhand was disabled."""
    current = ui_state.current()
    if current is None:
        return None
    context = bpy.context
    if getattr(context, "window_manager", None) is None:
        return current.seconds_to_next
    try:
        _turn(context, current)
    except Exception as error:  # a timer that raises is never called again
        current.refuse(common.in_words(error))
    return current.seconds_to_next


def _turn(context: Context, current: Session) -> None:
    current.tick(properties.selected_id(context))
    arrivals, generation = current.arrivals, current.snapshot.generation
    changed, arrivals.followed = arrivals.followed != generation, generation
    job_list.follow(context, current)
    if changed:
        server_list.follow(context, current)
    if isinstance(current.thumbnails.loader, thumbnails.RowPreviews):
        changed = current.thumbnails.loader.follow(current) or changed
    if changed or arrivals.is_file_behind:
        arrivals.is_file_behind = on_arrival.is_file_in_use(context)
        if not arrivals.is_file_behind:
            on_arrival.follow(context, current)
            changed = True
    if changed:
        redraw(context)
    if wanted(current):
        _start_watch(context)


def hasten(context: Context) -> None:
    """Tick at once: the effect of a button is shown, and what it started is passed on as soon as it is ready."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
        bpy.app.timers.register(tick, first_interval=0.0, persistent=True)
    redraw(context)


def redraw(context: Context) -> None:
    """Redraw only what shows jobs."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _REDRAWN:
                area.tag_redraw()
        _redraw_status_bar(context, window)


def _redraw_status_bar(context: Context, window: Window) -> None:
    """Scripts cannot access the status bar's area; clearing its text redraws it, unless an operator has set one."""
    if window.workspace is not None and not len(window.modal_operators):
        # Else Blender uses the context's window; right after a file was opened there is none, and it crashes.
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
    """Another file was opened: forget the session's data on the old one, and fill the list again."""
    current = ui_state.current()
    if current is not None:
        current.forget_file()
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
    drop_watch(bpy.context)


def drop_watch(context: Context) -> None:
    """Release a running watch's resources: Blender does not call `cancel` when an operator's class is removed."""
    if not _timers:
        return
    for window in context.window_manager.windows:
        if window.workspace is not None:
            with context.temp_override(window=window):
                window.workspace.status_text_set(None)
    while _timers:
        context.window_manager.event_timer_remove(_timers.pop())


CLASSES = (FARMHAND_OT_watch,)
