"""A render in each language, in real windows: what the panels say is in that language, and in our words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Stage, open_stage

NEWEST = "5.2.2"
LANGUAGES = ("de_DE", "es", "ja_JP", "zh_HANS")
USUAL = ("de_DE", "ja_JP")
"""The longest words and another script: `make test` renders in these, `make soak` in all."""
DRAWN = Path(__file__).with_name("drawn.py").read_text(encoding="utf-8")
ENGLISH = re.compile(r"\b(the|of|is|are|this|with|here|sent|frames?|will|not|and|left|what|in cloud)\b", re.IGNORECASE)
NOT_SHOWN = {("*", "Pause"), ("*", "Frame"), ("Operator", "All"), ("Operator", "None"), ("*", "View Layer")}
NOT_SHOWN |= {
    ("*", "Custom Range"),
    ("*", "Invalid"),
    ("*", "Denoiser"),
    ("*", "Tile Size"),
    ("*", "Add-ons"),
    ("Operator", "Add-ons"),
}
"""Blender says something else for these where we show none of them, or 4.3 says something else than 5.2 does."""


@pytest.fixture(scope="module")
def shared(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with open_stage(window_blender, display, profile, tmp_path_factory.mktemp("languages")) as on:
        on.window.run("give_properties_the_column()")
        yield on


@pytest.mark.parametrize(
    "language", [pytest.param(each, marks=() if each in USUAL else pytest.mark.soak) for each in LANGUAGES]
)
def test_a_frame_is_checked_and_rendered_without_a_word_of_english(shared: Stage, language: str) -> None:
    if shared.version != NEWEST:
        pytest.skip(f"journeys in other languages run in Blender {NEWEST} alone, for time")
    speak(shared, language)
    shared.window.run("open_sub_panel('Files to Send')")
    shared.window.press("farmhand.check(")
    shared.window.wait("'Scene' in live().checks.by_scene")
    shared.picture(f"{language}-sent-{shared.version}")
    shared.submit("FRAME")
    shared.over()
    assert shared.state() == "done"
    shared.window.run("open_sub_panel('Jobs')")
    shared.picture(f"{language}-jobs-{shared.version}")
    drawn = [tuple(pair) for pair in shared.window.run(DRAWN + "\nanswer = drawn()")]
    assert len(drawn) > 40
    assert [pair for pair in drawn if ENGLISH.search(pair[1])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_blenders_own_catalog_says_the_same_as_ours(shared: Stage, language: str) -> None:
    speak(shared, language)
    found = [tuple(one) for one in shared.window.run(DRAWN + "\nanswer = differing()")]
    wrong = [one for one in found if one[:2] not in NOT_SHOWN]
    assert wrong == [], "\n".join(map(str, wrong))


def speak(on: Stage, language: str) -> None:
    """A new project, in a window that speaks this language."""
    shutil.rmtree(on.rendered, ignore_errors=True)  # nothing to ask about
    on.window.run(f"bpy.context.preferences.view.language = {language!r}")
    on.prepare(frames=3)
