"""Sentences in panels: every line fits, measured with Blender's own font, and breaks where readers expect it."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins

GERMAN = "Grafikkartenspeicherauslastungsanzeige: Das Renderdurchgangsverzeichnis ist schreibgeschützt."
JAPANESE = "「木目.png」が見つかりません（画像、マテリアル「Wood」が使用）。レンダリング結果が変わってしまいます。"
CHINESE = "缺少“木纹.png”（图像，由材质“Wood”使用）；渲染结果会不同。请找到或替换它。"
PATH = "/studio/projects/forest/textures/moss_on_the_northern_side/albedo_4k.png is missing."
SENTENCES = {"German": GERMAN, "Japanese": JAPANESE, "Chinese": CHINESE, "path": PATH}
WIDTHS = (80.0, 140.0, 230.0)


@pytest.fixture
def text(part: Callable[[str], ModuleType]) -> ModuleType:
    return part("ui.text")


@pytest.fixture
def measure(installed_extension: ModuleType) -> Callable[[str], float]:
    import blf

    blf.size(0, 11.0)
    return lambda line: float(blf.dimensions(0, line)[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", SENTENCES)
def test_every_line_fits_and_nothing_is_lost(
    text: ModuleType, measure: Callable[[str], float], language: str, width: float
) -> None:
    sentence = SENTENCES[language]
    lines = text.wrapped(sentence, width, measure)
    assert [line for line in lines if measure(line) > width] == []
    assert "".join(lines).replace(" ", "") == sentence.replace(" ", "")


@pytest.mark.parametrize("language", ["Japanese", "Chinese"])
def test_lines_are_full_although_there_are_no_spaces(
    text: ModuleType, measure: Callable[[str], float], language: str
) -> None:
    lines = text.wrapped(SENTENCES[language], 230.0, measure)
    assert min(measure(line) for line in lines[:-1]) > 0.75 * 230.0


@pytest.mark.parametrize("width", range(60, 260, 4))
@pytest.mark.parametrize("sentence", [JAPANESE, CHINESE])
def test_no_bracket_opens_at_the_end_and_no_sign_closes_at_the_start_of_a_line(
    text: ModuleType, measure: Callable[[str], float], sentence: str, width: int
) -> None:
    lines = text.wrapped(sentence, float(width), measure)
    assert [line for line in lines if line[0] in "。、，；）」”ー" or line[-1] in "（「“"] == []


def test_words_of_a_japanese_sentence_in_latin_letters_stay_whole(
    text: ModuleType, measure: Callable[[str], float]
) -> None:
    for width in range(100, 260, 4):
        lines = text.wrapped("設定でRenderjuiceを選び、Farmhandのキーを入れます。", float(width), measure)
        assert any("Renderjuice" in line for line in lines)


def test_a_path_breaks_after_a_slash(text: ModuleType, measure: Callable[[str], float]) -> None:
    assert text.wrapped(PATH, 230.0, measure)[0] == "/studio/projects/forest/textures/"


def test_a_german_sentence_breaks_at_its_spaces_where_its_words_fit(
    text: ModuleType, measure: Callable[[str], float]
) -> None:
    lines = text.wrapped(GERMAN, 230.0, measure)
    assert " ".join(lines) == GERMAN


@pytest.mark.parametrize("pixels", [150, 260, 420])
def test_what_is_drawn_fits_into_the_region(text: ModuleType, measure: Callable[[str], float], pixels: int) -> None:
    import bpy

    context = SimpleNamespace(region=SimpleNamespace(width=pixels), preferences=bpy.context.preferences)
    drawn: list[str] = []
    layout: Any = SimpleNamespace(label=lambda text, **options: drawn.append(text))
    layout.column = lambda **options: layout
    for sentence in SENTENCES.values():
        text.draw_sentence(layout, context, sentence)
    room = pixels - (text.NARROW_MARGIN if pixels < text.NARROW else text.MARGIN)
    assert max(measure(line) for line in drawn) <= room
    assert max(measure(line) for line in drawn) > 0.7 * room


def test_a_long_value_in_the_details_is_broken_and_never_cut(
    part: Callable[[str], ModuleType], measure: Callable[[str], float]
) -> None:
    import bpy

    width = 240
    context = SimpleNamespace(region=SimpleNamespace(width=width), preferences=bpy.context.preferences)
    layout = stand_ins.Layout()
    address = "render-node-of-the-north-wing.studio.example"
    part("panels.jobs.service_report").draw_pairs(layout, context, [("Server", address)])
    name, *lines = layout.texts
    assert name == "Server" and "".join(lines) == address
    assert max(map(measure, lines)) <= 0.6 * width
