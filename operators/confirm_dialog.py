# SPDX-License-Identifier: GPL-3.0-or-later
"""The one question before frames are rendered: what, where, for whose money, over which files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bpy.app.translations import pgettext_iface as iface_
from bpy.props import EnumProperty
from bpy.types import Context, Operator, UILayout

from ..ui.servers import Server
from ..ui.text import draw_sentence

WIDTH = 460
"""Of the dialog, in pixels at UI scale 1."""


def existing_property() -> Any:
    """What becomes of frames that are there already; the dialog shows it when there are some."""
    return EnumProperty(
        name="Existing Files",
        description="What to do with frames that are there already",
        items=(
            ("replace", "Replace", "New frames take the place of the old ones"),
            ("keep", "Keep Both", "New frames get another name"),
        ),
        options={"SKIP_SAVE"},
    )


def ask(context: Context, operator: Operator, server: Server) -> set[str]:
    """Open the dialog; the operator's `draw` fills it with `draw` below."""
    title = iface_("Render on {server}?").format(server=iface_(server.name))
    return context.window_manager.invoke_props_dialog(operator, width=WIDTH, title=title, confirm_text=iface_("Render"))


def draw(
    operator: Operator, context: Context, server: Server, line: str, warnings: Iterable[str], taken: int
) -> UILayout:
    """What will be rendered, what speaks against it, and what becomes of so many frames that are there (taken)."""
    column = operator.layout.column()
    draw_sentence(column, context, line, width=WIDTH)
    if server.costs_money:
        column.label(text="This uses render time of your account", icon="INFO")
    for sentence in warnings:
        draw_sentence(column, context, sentence, "ERROR", width=WIDTH)
    if taken:
        text = iface_("{count} of these frames are there already") if taken > 1 else iface_("1 frame is there already")
        column.label(text=text.format(count=taken), icon="FILE_TICK", translate=False)
        column.row().prop(operator, "existing", expand=True)
    return column
