"""A narrow Properties editor at each UI scale: no title is cut, and a state yields to its title."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import PICTURES, Stage, open_stage

WIDTH = 240
SCALES = (0.75, 1, 1.5, 2)
TITLES = ("Frames", "Overrides", "Advanced", "Output", "Add-ons and Colors", "Files to Send", "Jobs", "Details")
DRAWN = Path(__file__).with_name("drawn.py").read_text(encoding="utf-8")
EDGES = 54
"""What a header of Blender's has at the left of its title and at its right, in pixels at UI scale 1; taken from
pictures."""
WIDTHS = """
import blf
region = next(one for one in properties_area().regions if one.type == "WINDOW")
scale = bpy.context.preferences.system.ui_scale
blf.size(0, bpy.context.preferences.ui_styles[0].widget.points * scale)
answer = [
    [text, blf.dimensions(0, text)[0] / scale, region.width / scale - {edges}] for text in map(" ".join, headers())
]
"""


@pytest.fixture(scope="module")
def shared(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with open_stage(window_blender, display, profile, tmp_path_factory.mktemp("narrow")) as on:
        on.prepare()
        on.window.run("give_properties_the_column()")
        on.submit("FRAME")
        on.over()
        yield on


@pytest.mark.parametrize("scale", SCALES)
def test_no_title_is_cut(shared: Stage, scale: float) -> None:
    shared.window.run(f"bpy.context.preferences.view.ui_scale = {scale}\nredraw()")
    be_narrow(shared)
    for title in TITLES if PICTURES in os.environ else ("Details",):
        shared.window.run(f"open_sub_panel({title!r})")
        shared.picture(f"narrow-{scale}-{title.replace(' ', '-')}-{shared.version}")
    found = shared.window.run(DRAWN + WIDTHS.format(edges=EDGES))
    assert len(found) >= len(TITLES)
    assert [(text, width, room) for text, width, room in found if width > room] == []


def be_narrow(on: Stage) -> None:
    """Drag the editor's edge until the panels are so wide; 4.3 leaves up to three pixels."""
    for _ in range(12):
        left, _, right, _ = on.window.run("redraw()\nanswer = properties_place()")
        if abs(right - left - WIDTH) <= 3:
            return
        edge, upper, _, lower = on.window.run("answer = properties_area_place()")
        on.window.drag((edge, (upper + lower) // 2), (edge + right - left - WIDTH, (upper + lower) // 2))
    raise AssertionError(f"the panels are {right - left} pixels wide, not {WIDTH}")
