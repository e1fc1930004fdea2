"""Files to Send: the last dry run, with missing files first and the largest next."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...client.message import translated
from ...ui.jobs.progress import clock, size
from ...ui.request import checks
from ...ui.request.check_result import Check
from ...ui.text import draw_sentence, letters
from ..buttons import draw_button
from ..findings import draw_finding
from ..sub_panel import SubPanel

SHOWN_LINES = 16
NARROW = 44
"""Letters below which a line has no room for why a file is needed."""

NARROWEST = 22
"""Letters below which a line has room for the name alone."""


class FARMHAND_PT_sent(SubPanel, Panel):
    title = "Files to Send"
    short_title = "Files"

    def state(self, context: Context) -> tuple[str, str]:
        check = checks.last_check(context)
        if check is None:
            return "NONE", iface_("Not checked")
        if not checks.is_current(context, check):
            return "NONE", iface_("Outdated")
        if check.missing:
            text = iface_("{count} missing, {size}").format(count=check.missing, size=size(check.run.bytes))
            return "ERROR", text
        warnings = len(check.sentences("error")) + len(check.sentences("warning"))
        if warnings:
            return "ERROR", str(warnings)
        return "CHECKMARK", size(check.run.bytes) if check.run.bytes else iface_("Ready")

    def draw(self, context: Context) -> None:
        layout = self.layout
        check = checks.last_check(context)
        draw_button(layout, context, "farmhand.check", "FILE_REFRESH")
        if check is None:
            return
        body = layout.column()
        body.active = checks.is_current(context, check)
        for finding in check.findings:
            draw_finding(body, context, finding)
        _draw_total(body, context, check)
        _draw_tree(body, context, check)


def _draw_total(layout: UILayout, context: Context, check: Check) -> None:
    if not check.run.files:
        return
    count = sum(not file.missing for file in check.run.files)
    text = iface_("1 file") if count == 1 else iface_("{count} files").format(count=count)
    text = iface_("{files}, {size} before compression").format(files=text, size=size(check.run.bytes))
    if check.run.minutes is not None:
        text = iface_("{size}, about {time} to upload").format(size=text, time=clock(60 * check.run.minutes))
    draw_sentence(layout, context, text, "EXPORT")


def _draw_tree(layout: UILayout, context: Context, check: Check) -> None:
    if not check.tree:
        return
    box = layout.box().column(align=True)
    has_reasons, has_sizes = letters(context) >= NARROW, letters(context) >= NARROWEST
    for line in check.tree[:SHOWN_LINES]:
        row = box.row()
        name = row.row()
        if line.depth:
            name.separator(factor=2)
        icon = "FILE_FOLDER" if line.is_folder else "ERROR" if line.is_missing else "FILE"
        name.label(text=line.name, icon=icon, translate=False)
        if has_reasons and line.reason:
            why = row.row()
            why.active = False
            why.label(text=translated(line.reason, iface_), translate=False)
        if not has_sizes:
            continue
        amount = row.row()
        amount.alignment = "RIGHT"
        amount.label(text=iface_("missing") if line.is_missing else size(line.bytes), translate=False)
    rest = sum(not line.is_folder for line in check.tree[SHOWN_LINES:])
    if rest:
        box.label(text=iface_("and {count} more").format(count=rest), translate=False)


CLASSES = (FARMHAND_PT_sent,)
