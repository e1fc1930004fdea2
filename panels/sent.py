# SPDX-License-Identifier: GPL-3.0-or-later
"""What Will Be Sent: the last dry run, with what is missing first and the largest files next."""

from __future__ import annotations

from pathlib import PurePath

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from .. import live
from ..pace import clock, size
from ..sentences import translated
from .options import SubPanel
from .text import draw_sentence

SHOWN_FILES = 12
_ICONS = {"error": "CANCEL", "warning": "ERROR", "info": "INFO"}


class FARMHAND_PT_sent(SubPanel, Panel):
    title = "What Will Be Sent"

    def state(self, context: Context) -> tuple[str, str]:
        check = last_check(context)
        if check is None:
            return "NONE", iface_("Not checked")
        if check.missing:
            text = iface_("{count} missing, {size}").format(count=check.missing, size=size(check.bytes))
            return "ERROR", text
        warnings = len(check.sentences("error")) + len(check.sentences("warning"))
        if warnings:
            return "ERROR", str(warnings)
        return "CHECKMARK", size(check.bytes) if check.bytes else iface_("Ready")

    def draw(self, context: Context) -> None:
        layout = self.layout
        check = last_check(context)
        layout.operator("farmhand.check", icon="FILE_REFRESH")
        if check is None:
            return
        for finding in check.findings:
            _draw_finding(layout, context, finding)
        _draw_files(layout, check)


def last_check(context: Context) -> live.Check | None:
    """The last dry run of the scene in view."""
    current = live.current()
    return current.checks.get(context.scene.name) if current else None


def _draw_finding(layout: UILayout, context: Context, finding: live.Finding) -> None:
    column = layout.column()
    draw_sentence(column, context, finding.message, _ICONS[finding.severity])
    if finding.fix:  # below: beside it, the sentence would lose half of its lines
        button = column.operator(finding.fix)
        if finding.fix_path:
            button.path = finding.fix_path


def _draw_files(layout: UILayout, check: live.Check) -> None:
    if not check.files:
        return
    if check.minutes is not None:
        text = iface_("{size}, about {time} to upload").format(size=size(check.bytes), time=clock(60 * check.minutes))
        layout.label(text=text, icon="EXPORT", translate=False)
    box = layout.box().column(align=True)
    for file in check.files[:SHOWN_FILES]:
        row = box.row()
        name = PurePath(file["path"] or file["source"]).name
        row.label(text=name, icon="ERROR" if file["missing"] else "FILE", translate=False)
        why = row.row()
        why.active = False
        why.label(text=translated(file["reason"], iface_), translate=False)
        amount = row.row()
        amount.alignment = "RIGHT"
        amount.label(text=iface_("missing") if file["missing"] else size(file["bytes"]), translate=False)
    rest = len(check.files) - SHOWN_FILES
    if rest > 0:
        box.label(text=iface_("and {count} more").format(count=rest), translate=False)


CLASSES = (FARMHAND_PT_sent,)
