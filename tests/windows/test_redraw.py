"""Drawing again right after a file was opened, when Blender's idea of the window may be an old one."""

from __future__ import annotations

from pathlib import Path

from journey import FRESH, PREPARE, open_stage

REDRAW = "farmhand('operators.watch').redraw(bpy.context)\n"


def test_a_file_may_be_opened_while_the_panels_are_drawn_again(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path: Path
) -> None:
    with open_stage(window_blender, display, profile, tmp_path) as on:
        for _ in range(20):
            on.window.run(REDRAW + FRESH + REDRAW + PREPARE.format(frames=3, blend=str(on.blend)) + REDRAW)
            on.window.run(REDRAW)
