"""One finding of a check: its sentence, and a button for each fix."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..scene.checks.findings import Finding
from ..ui.request.check_result import fix_button
from ..ui.text import draw_sentence
from .buttons import BOX, draw_button

SEVERITY_ICONS = {"error": "CANCEL", "warning": "ERROR", "info": "INFO"}


def draw_finding(layout: UILayout, context: Context, finding: Finding) -> None:
    """Draw the sentence with its buttons below: beside it, they would take half of its width."""
    column = layout.column()
    draw_sentence(column, context, finding.message, SEVERITY_ICONS[finding.severity])
    for fix in finding.fixes:
        text = iface_(fix_button(fix.operator).get("text", ""))
        button = draw_button(column, context, fix.operator, "NONE", text, inside=BOX)
        if fix.path:
            button.path = fix.path
