"""What is running now, what needs the user, and the latest frame, each in its own fixed place."""

from __future__ import annotations

from pathlib import PurePath

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..jobs.journal.submission import State
from ..ui.jobs.job_row import Row, is_waiting_for_server
from ..ui.jobs.job_words import progress_text, result_texts
from ..ui.jobs.snapshot import Snapshot
from ..ui.news import first_remedy
from ..ui.properties import selected_row
from ..ui.request import checks
from ..ui.servers import servers
from ..ui.session import Session
from ..ui.text import draw_sentence, letters, text_width
from .buttons import BOX, ICON, WITH_ICON, are_beside, button_room, fitting, label, line_width
from .fields import PADDING
from .jobs.attention import draw_needs, draw_other, draw_remedy

WIDE = 44
"""Letters from which on a bar has room for all its words."""
NARROW = 22
"""Letters below which the name of a render has no room beside its result."""
HIDDEN = 0.01
"""Height of a picture that nobody sees, in lines: no pixel, at every scale of the interface."""
PICTURE_LINES = {False: 6, True: 9}
"""Height of the latest frame, in lines, by whether there is much room.

Blender draws every preview in a square: a wide picture has air above and below.
"""


def draw_state(layout: UILayout, context: Context, session: Session, taken: float = 0) -> None:
    """Always one row: the progress bar of packing, uploading, rendering or downloading, else the last render's result.

    taken: the width of what is beside it, in pixels at UI scale 1.
    """
    snapshot, row = session.snapshot, layout.row(align=True)
    if snapshot.packing:
        packing = snapshot.packing[0]
        row.progress(factor=packing.factor, text=iface_("Packing {name}").format(name=packing.name))
        row.operator("farmhand.cancel_packing", text="", icon="X")
        return
    going = going_row(context, snapshot)
    if going is not None:
        text = progress_text(going, is_short=letters(context) < WIDE)
        if len(snapshot.going) > 1:
            text = f"{going.submission.name}: {text}"
        if is_waiting_for_server(going.submission):
            row.label(text="", icon="ERROR")
        row.progress(factor=going.factor, text=text)
        row.operator("farmhand.cancel_going", text="", icon="X").submission = going.submission.id
        return
    shown = _shown(context, snapshot)
    if shown is None:
        is_ready = not (servers.why_not(context) or _is_blocked(context))
        texts, icon = (iface_("Ready") if is_ready else iface_("Not Ready"),), _READY[is_ready]
    else:
        texts, icon = result_texts(shown, snapshot.details), shown.icon
    if shown is not None and letters(context) >= NARROW:
        texts = tuple(each for text in texts for each in (f"{shown.submission.name}: {text}", text))
    room = line_width(context) - taken - PADDING
    text = next((text for text in texts if text_width(context, text) + ICON <= room), texts[-1])
    icon, text = fitting(context, icon, room, text)
    row.label(text=text, icon=icon, translate=False)


_READY = {True: "CHECKMARK", False: "ERROR"}


def _is_blocked(context: Context) -> bool:
    """Whether the last check found an error for this render, and nothing was changed since."""
    check = checks.last_check(context)
    return check is not None and bool(check.sentences("error")) and checks.is_current(context, check)


def draw_result(layout: UILayout, context: Context, session: Session) -> None:
    """The latest frame of the selected render, and buttons to play it; its space is reserved from the start.

    What a job needs from the user replaces the frame, or its caption if another job is shown.
    """
    snapshot = session.snapshot
    shown = _shown(context, snapshot)
    thumbnails = session.thumbnails
    path = thumbnails.shown.get(shown.submission.id, shown.picture) if shown else ""
    needs = shown is not None and (shown in snapshot.waiting or _failed_at_once(shown))
    lines = PICTURE_LINES[letters(context) >= WIDE]
    box = layout.box()
    if shown is not None and needs:
        draw_needs(box, context, shown, lines)
    else:
        column = box.column(align=True)
        column.template_icon(icon_value=thumbnails.icons.get(path, (0, 0))[0], scale=float(lines))
        coming = thumbnails.coming.get(shown.submission.id) if shown else None
        if coming is not None:  # too flat to be seen, but drawn: Blender loads only pictures that a panel draws
            hidden = column.row()
            hidden.scale_y = HIDDEN
            hidden.template_icon(icon_value=thumbnails.icons.get(coming[0], (0, 0))[0])
    others = [row for row in snapshot.waiting if row is not shown]
    caption = box.row()
    if others:
        draw_other(caption, context, others[0])
    else:
        caption.alignment = "CENTER"
        caption.active = bool(path)
        caption.label(text=_caption(shown, path) if not needs else "", translate=False)
    _draw_buttons(box, context, shown if not needs else None)
    if snapshot.problem:
        draw_sentence(layout.box(), context, snapshot.problem, "ERROR")


def _failed_at_once(shown: Row) -> bool:
    return shown.submission.state is State.FAILED and not shown.picture


def _draw_buttons(layout: UILayout, context: Context, shown: Row | None) -> None:
    """Play, Folder, and the remedy for a render that is over."""
    row = layout.row(align=True)
    remedy = first_remedy(shown) if shown is not None and shown.current.is_over else None
    texts = label("farmhand.play"), iface_("Folder")
    if remedy is not None or not are_beside(context, line_width(context) - BOX, *texts, around=WITH_ICON):
        texts = "", ""  # a remedy needs the room
    row.operator("farmhand.play", icon="PLAY", text=texts[0], translate=False)
    row.operator("farmhand.open_folder", icon="FILE_FOLDER", text=texts[1], translate=False)
    if remedy is not None and shown is not None:
        draw_remedy(row, context, remedy, shown, button_room(context) - 2 * ICON)


def going_row(context: Context, snapshot: Snapshot) -> Row | None:
    """The render whose progress is shown: the selected one if it is running, else the first running one."""
    selected = selected_row(context)
    if selected in snapshot.going:
        return selected
    return snapshot.going[0] if snapshot.going else None


def _shown(context: Context, snapshot: Snapshot) -> Row | None:
    return selected_row(context) or (snapshot.rows[0] if snapshot.rows else None)


def _caption(shown: Row | None, path: str) -> str:
    """The frame number at the end of a file name, as in: Frame 12."""
    if not path:
        return iface_("The latest frame appears here")
    if shown is not None and not shown.submission.latest_frame:
        return iface_("Preview from the server")
    digits = PurePath(path).stem.rpartition("_")[2]
    return iface_("Frame {number}").format(number=int(digits)) if digits.isdecimal() else PurePath(path).name
