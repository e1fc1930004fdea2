"""What checks, transfers and the courier say is known in every language, and recognized whatever its values are."""

import string
from importlib import import_module

import pytest
from written_sentences import sentences as written

from cache import ROOT
from farmhand.ui import translate

LANGUAGES = ("de_de", "es", "ja_jp", "zh_hans")
# Words that stand in sentences as values: kinds of files, what a link is for, and who needs a file.
WORDS = {
    *("IES light", "OSL script", "UDIM tiles", "USD layer", "cache", "cache sequence", "clip sequence", "download"),
    *("file", "fluid cache", "font", "image", "image sequence", "image strip", "library", "look", "looks"),
    *("mesh cache", "movie", "movie clip", "movie strip", "multires data", "ocean cache", "packed library"),
    *("point cache", "sound", "stereo image", "text", "upload", "used by {0}", "volume", "volume sequence"),
    *("{0} and others", "{0} and {1} more", "any file", "frame {0}", "links {0}"),
}
# English alone says it in two ways.
WITHOUT = {"{0} of the frames {1} wrong: see the list.": {"1"}}


def known(language: str) -> dict[str, str]:
    return dict(import_module(f"farmhand.translations.sentences.{language}").SENTENCES)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    expected = written(ROOT) | WORDS
    assert (sorted(expected - known(language).keys()), sorted(known(language).keys() - expected)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_keeps_its_values(language: str) -> None:
    wrong = [text for text, said in known(language).items() if fields(said) | WITHOUT.get(text, set()) != fields(text)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_recognized_with_values_in_it(language: str) -> None:
    said = known(language)
    wrong = {}
    for text, translation in said.items():
        values = {name: f"/p/{number} x.png" for number, name in enumerate(sorted(fields(text)))}
        found = translate.translated(filled(text, values), lambda key: said.get(key, key))
        if found != filled(translation, values):
            wrong[text] = found
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_after_each_other_and_in_each_other_are_recognized(language: str) -> None:
    said = known(language)
    look = {**said, "Material": "MATERIAL"}
    text = (
        "/p/rust.png is missing (image, used by Material “Rust. Old”); the render will look different. "
        "Find or replace it. Nothing was sent. Nobody answers at render.example:443. Next try in 12 s."
    )
    missing = said["{0} is missing ({1}, {2}); the render will look different. Find or replace it."]
    used = filled(said["used by {0}"], {"0": "MATERIAL “Rust. Old”"})
    nobody = filled(said["Nobody answers at {0}."], {"0": "render.example:443"})
    assert translate.translated(text, lambda key: look.get(key, key)) == " ".join(
        [
            filled(missing, {"0": "/p/rust.png", "1": said["image"], "2": used}),
            said["Nothing was sent."],
            nobody,
            filled(said["Next try in {0} s."], {"0": "12"}),
        ]
    )


def test_in_english_nothing_is_touched() -> None:
    assert translate.translated("Nothing was sent. Try again.", lambda key: key) == "Nothing was sent. Try again."


def test_what_nobody_wrote_here_stays_as_it_is() -> None:
    said = known("de_de")
    text = "The moon is too near (7): wait."
    assert translate.translated(text, lambda key: said.get(key, key)) == text


def filled(template: str, values: dict[str, str]) -> str:
    parts = string.Formatter().parse(template)
    return "".join(literal + (values[name] if name is not None else "") for literal, name, _, _ in parts)
