"""The confirmation before frames are rendered: what, where, at whose cost, and which files are replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bpy.app.translations import pgettext_iface as iface_
from bpy.props import EnumProperty
from bpy.types import Context, Operator, UILayout

from ...scene.checks.findings import Finding
from ...ui.request.check_result import fix_button
from ...ui.request.summary import count_text
from ...ui.servers import servers
from ...ui.servers.servers import Server
from ...ui.text import draw_sentence

WIDTH = 460
"""Of the dialog, in pixels at UI scale 1."""


def existing_property() -> Any:
    """What to do with existing frames; the dialog shows it if there are some."""
    return EnumProperty(
        name="Existing Files",
        description="What to do with frames that already exist",
        items=(
            ("skip", "Skip", "Render only the frames that do not exist yet"),
            ("replace", "Overwrite", "New frames replace the existing ones"),
            ("keep", "Keep Both", "New frames get another name"),
        ),
        options={"SKIP_SAVE"},
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What the dialog shows.

    line: what will be rendered, and where to. warnings: findings to consider, with their buttons.
    total, taken: frames to render, and how many of them already exist; 0 if there is nothing to decide.
    """

    server: Server
    line: str
    warnings: tuple[Finding, ...] = ()
    total: int = 0
    taken: int = 0


def ask(context: Context, operator: Operator, server: Server, *, is_risky: bool = False) -> set[str]:
    """Open the dialog; the operator's `draw` fills it with `draw` below.

    Args:
        operator: whose `execute` follows an OK.
        server: named in the title.
        is_risky: make Enter cancel.
    """
    title = iface_("Render on {server}?").format(server=servers.host_name(server.url))
    options = {"cancel_default": True} if is_risky else {}
    return context.window_manager.invoke_props_dialog(
        operator, width=WIDTH, title=title, confirm_text=iface_("Render"), **options
    )


def draw(operator: Operator, context: Context, question: Question) -> UILayout:
    """Draw what will be rendered, the warnings, and the choice for existing frames."""
    column = operator.layout.column()
    draw_sentence(column, context, question.line, width=WIDTH)
    if question.server.costs_money:
        column.label(text="This uses render time from your account", icon="INFO")
    for finding in question.warnings:
        draw_sentence(column, context, finding.message, "ERROR", width=WIDTH)
        if finding.fixes:
            _draw_fixes(column, finding)
    if question.taken:
        _draw_existing(column, operator, question)
    return column


def _draw_fixes(layout: UILayout, finding: Finding) -> None:
    """Draw the buttons of the fixes. A file browser that one opens replaces the dialog, which is intended."""
    row = layout.row(align=True)
    for fix in finding.fixes[:2]:
        button = row.operator(fix.operator, **fix_button(fix.operator))
        if fix.path:
            button.path = fix.path


def _draw_existing(layout: UILayout, operator: Operator, question: Question) -> None:
    text = iface_("{count} of these frames already exist") if question.taken > 1 else iface_("1 frame already exists")
    layout.label(text=text.format(count=question.taken), icon="FILE_TICK", translate=False)
    layout.row().prop(operator, "existing", expand=True)
    layout.label(text=_left_text(question, operator.existing), icon="BLANK1", translate=False)


def _left_text(question: Question, existing: str) -> str:
    """How many frames are rendered with this choice."""
    left = question.total - question.taken if existing == "skip" else question.total
    if not left:
        return iface_("Nothing is left to render.").rstrip(".。")
    if left == question.total:
        return iface_("Renders {frames}").format(frames=count_text(left))
    return iface_("Renders {count} of {total} frames").format(count=left, total=question.total)
