# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding of a check: its sentence, and a button for each fix."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..scene.checks.findings import Finding
from ..ui.request.check_result import fix_button
from ..ui.text import draw_sentence

SEVERITY_ICONS = {"error": "CANCEL", "warning": "ERROR", "info": "INFO"}


def draw_finding(layout: UILayout, context: Context, finding: Finding) -> None:
    """The buttons stand below: beside it, the sentence would lose half of its lines."""
    column = layout.column()
    draw_sentence(column, context, finding.message, SEVERITY_ICONS[finding.severity])
    for fix in finding.fixes:
        button = column.operator(fix.operator, **fix_button(fix.operator))
        if fix.path:
            button.path = fix.path
