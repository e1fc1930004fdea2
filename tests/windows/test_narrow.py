"""A narrow Properties editor at each UI scale, in each language: no title, button or label is cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import PICTURES, Stage, open_stage

WIDTH = 240
SCALES = (0.75, 1, 1.5, 2)
LANGUAGES = ("en_US", "de_DE", "es", "ja_JP", "zh_HANS")
USUAL = ("de_DE",)
"""The longest words: `make test` measures these, `make soak` all."""
TITLES = ("Frames", "Overrides", "Advanced", "Output", "Add-ons and Colors", "Files to Send", "Jobs", "Details")
DRAWN = "".join(
    Path(__file__).with_name(name).read_text(encoding="utf-8") + "\n" for name in ("drawn.py", "measured.py")
)
CUT = """
titles = headers()
answer = len(titles), cut_titles(titles) + cut(every_panel(), stand_in, {names!r})
"""
NAMES = ("shot.blend", "shot", "earlier", "windmill.blend", "windmill", "boards.png")
"""Names are the artist's, of any length."""
OTHERS = """
import time
kept, journals = farmhand("jobs.journal.submission"), farmhand("jobs.journal.journal")
now = time.time()
one = kept.Submission("stopped-job", "earlier", "local", bpy.data.filepath, "Scene", "/nowhere", now, now)
problem = kept.Problem("local_problem", "The disk is full.", "", "Free some space.")
stopped = one.with_(state=kept.State.STOPPED, stage=kept.Stage.PULL, problem=problem)
checked = one.with_(id="checked-job", state=kept.State.WAITING, stage=kept.Stage.CONFIRM)
with journals.Journal(live().home.journal) as journal:
    journal.add(stopped)
    journal.add(checked)
"""
SELECT = """
farmhand('ui.jobs.job_list').select(bpy.context, live(), {job})
bpy.context.scene.farmhand.server = {server!r}
"""
DONE = "next(row.submission.id for row in snapshot().rows if row.word == 'Done')"
SITUATIONS = {
    "done": SELECT.format(job=DONE, server="LOCAL"),
    "stopped": SELECT.format(job="'stopped-job'", server="LOCAL"),
    "checked": SELECT.format(job="'checked-job'", server="LOCAL"),
    "elsewhere": SELECT.format(job=DONE, server="CUSTOM"),
}
"""What is shown, and how to get there."""


@pytest.fixture(scope="module")
def shared(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with open_stage(window_blender, display, profile, tmp_path_factory.mktemp("narrow")) as on:
        on.prepare()
        on.window.run("give_properties_the_column()")
        on.submit("FRAME")
        on.over()
        on.window.run("bpy.ops.farmhand.check()")
        on.window.wait("live().checks.by_scene")
        on.window.run(OTHERS)
        on.window.wait("'checked-job' in snapshot().by_id")
        yield on


@pytest.mark.parametrize(
    "language", [pytest.param(each, marks=() if each in USUAL else pytest.mark.soak) for each in LANGUAGES]
)
def test_no_title_button_or_label_is_cut(shared: Stage, language: str) -> None:
    shared.window.run(f"bpy.context.preferences.view.language = {language!r}")
    cut = []
    for scale in SCALES:
        shared.window.run(f"bpy.context.preferences.view.ui_scale = {scale}\nredraw()")
        be_narrow(shared)
        for situation, code in SITUATIONS.items():
            count, found = shared.window.run(code + DRAWN + CUT.format(names=NAMES))
            assert count >= len(TITLES)
            cut += [(situation, scale, *one) for one in found]
            if PICTURES in os.environ:
                take_pictures(shared, f"narrow-{language}-{scale}-{situation}-{shared.version}")
    assert cut == [], "\n".join(map(str, cut))


def take_pictures(on: Stage, name: str) -> None:
    """To be looked at: the panel with each sub-panel open."""
    for title in TITLES:
        on.window.run(f"open_sub_panel({title!r})")
        on.picture(f"{name}-{title.replace(' ', '-')}")


def be_narrow(on: Stage) -> None:
    """Drag the editor's edge until the panels are so wide; 4.3 leaves up to three pixels."""
    for _ in range(12):
        left, _, right, _ = on.window.run("redraw()\nanswer = properties_place()")
        if abs(right - left - WIDTH) <= 3:
            return
        edge, upper, _, lower = on.window.run("answer = properties_area_place()")
        on.window.drag((edge, (upper + lower) // 2), (edge + right - left - WIDTH, (upper + lower) // 2))
    raise AssertionError(f"the panels are {right - left} pixels wide, not {WIDTH}")
