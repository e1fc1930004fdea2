"""The box below the list of jobs: messages about the selected one, and buttons. Its height is constant."""

from __future__ import annotations

import time
from collections.abc import Iterator

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ...client.message import translated
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row, needs_confirmation
from ...ui.jobs.job_words import moment_text
from ...ui.news import first_remedy, problem_sentences
from ...ui.request.summary import count_text
from ...ui.servers import servers
from ...ui.text import draw_lines, letters, plain_folder, text_width
from ..buttons import BOX, ICON, MENU_WITH_ICON, WITH_ICON, button_room, label, line_width
from .attention import draw_fitting, draw_remedy

LINES, NARROW_LINES = 6, 10
"""Lines of text: the name, facts, the folder, and what there is to say."""
NARROW = 22
"""Letters below which buttons show their icons alone, and texts are broken into lines."""
MOMENT = 36
"""Letters from which on a line has room for a day and a time beside the server."""


def draw_selected(layout: UILayout, context: Context, shown: Row | None, hint: str) -> None:
    """hint: the text if no job is selected."""
    box = layout.box()
    column = box.column(align=True)
    is_narrow = letters(context) < NARROW
    if shown is None:
        column.active = False
        draw_lines(column, context, [hint], "INFO", NARROW_LINES if is_narrow else LINES)
    elif is_narrow:
        texts = (_title(shown), *_facts(shown, True), plain_folder(shown.submission), *_messages(shown))
        draw_lines(column, context, texts, shown.icon, NARROW_LINES)
    else:
        facts = [(line, "BLANK1") for line in _facts(shown, letters(context) < MOMENT)]
        lines = ((_title(shown), shown.icon), *facts, (plain_folder(shown.submission), "FILE_FOLDER"))
        for text, icon in lines:
            column.label(text=text, icon=icon, translate=False)
        icon = "ERROR" if shown.icon == "ERROR" else "INFO"
        draw_lines(column, context, _messages(shown), icon, LINES - len(lines))
    _draw_actions(box, context, shown)


def _title(shown: Row) -> str:
    return f"{shown.submission.name}:  {iface_(shown.word)}"


def _messages(shown: Row) -> Iterator[str]:
    """The messages about a job: why it needs the user, what it waits for, frames that look wrong."""
    one = shown.submission
    if one.problem is not None or needs_confirmation(shown.current):
        yield from problem_sentences(shown.current)
    elif one.note:
        yield translated(one.note, iface_)
    session = ui_state.current()
    if session is not None and one.id in session.arrivals.compared:
        yield session.arrivals.compared[one.id]
    if one.frames_suspect:
        text = iface_("{count} frames look wrong") if one.frames_suspect > 1 else iface_("1 frame looks wrong")
        yield text.format(count=one.frames_suspect)


def _draw_actions(layout: UILayout, context: Context, shown: Row | None) -> None:
    """Two lines of buttons: the first has a remedy, or a button to the strip once there is one, or nothing."""
    column = layout.column(align=True)
    remedy = first_remedy(shown) if shown is not None else None
    if shown is not None and remedy is not None:
        draw_remedy(column, context, remedy, shown, button_room(context))
    elif shown is not None and shown.current.is_over and bpy.ops.farmhand.show_strip.poll():
        draw_fitting(column, context, "farmhand.show_strip", "SEQUENCE")
    else:
        column.label(text="")
    row = column.row(align=True)
    play, load = label("farmhand.play"), iface_("Import")
    room = line_width(context) - BOX - 2 * ICON  # the last two are icons
    widths = text_width(context, play) + WITH_ICON, text_width(context, load) + MENU_WITH_ICON
    play = play if max(widths) <= room / 2 else ""  # Blender divides the line evenly
    load = load if play or widths[1] <= room - ICON else ""
    row.operator("farmhand.play", icon="PLAY", text=play, translate=False)
    _menu(row, shown).menu("FARMHAND_MT_import", icon="IMPORT", text=load, translate=False)
    row.operator("farmhand.cancel", text="", icon="X")
    _menu(row, shown).menu("FARMHAND_MT_job", text="", icon="DOWNARROW_HLT")


def _menu(row: UILayout, shown: Row | None) -> UILayout:
    """The layout for a menu: grayed out like buttons while no job is selected."""
    part = row.row(align=True)
    part.enabled = shown is not None
    return part


def _facts(shown: Row, is_short: bool) -> Iterator[str]:
    one = shown.submission
    submitted = moment_text(one.created, time.time(), is_short)
    yield f"{servers.host_name(one.server_url)}  ·  {submitted}"
    yield _frames_text(shown, is_short)


def _frames_text(shown: Row, is_short: bool) -> str:
    one = shown.submission
    if not one.frames_total:
        return iface_("{count} files").format(count=one.frames_done) if one.frames_done != 1 else iface_("1 file")
    if one.is_over or is_short:  # the bar shows how many are rendered
        if one.frames_total in (one.frames_done, 1):
            return count_text(one.frames_total)
        return iface_("{done} of {total} frames").format(done=one.frames_done, total=one.frames_total)
    text = iface_("Rendered {rendered} of {total}, downloaded {done}")
    rendered = max(one.frames_rendered, one.frames_done)
    return text.format(rendered=rendered, done=one.frames_done, total=one.frames_total)
