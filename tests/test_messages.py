"""Messages keep their template and values on their way to the screen, and every template is known in every language."""

import copy
import json
import pickle
import string
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from written_messages import put_together, templates

from cache import ROOT
from farmhand import translations
from farmhand.client.errors import LocalProblem
from farmhand.client.message import Message, from_json, msg, translated
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Problem, State, Submission

LANGUAGES = tuple(translations.LANGUAGES)
# Kinds of files: they are words of the scan's own, and become messages where they are shown.
KINDS = {
    *("OSL include", "OSL texture", "color config", "color table"),
    *("IES light", "OSL script", "UDIM tiles", "USD layer", "cache", "cache sequence", "clip sequence", "file"),
    *(
        "fluid cache",
        "font",
        "geometry nodes bake",
        "image",
        "image sequence",
        "image strip",
        "library",
        "mesh cache",
        "movie",
    ),
    *("mesh cache", "movie", "movie clip", "movie strip", "multires data", "ocean cache", "packed library"),
    *("point cache", "sound", "stereo image", "text", "volume", "volume sequence"),
}
DAMAGED = msg(
    "{name} was damaged in transfer: {reason}.", name="a.png", reason=msg("it is not a {kind} file", kind="PNG")
)


def known(language: str) -> Mapping[str, str]:
    messages: Mapping[str, str] = translations.LANGUAGES[language].MESSAGES
    return messages


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def submission(**values: object) -> Submission:
    return Submission("one", "shot", "local", "/p/a.blend", "Scene", "/p/render", 1.0, 1.0).with_(**values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_translated_and_none_is_left_over(language: str) -> None:
    expected = templates(ROOT) | KINDS
    assert (sorted(expected - known(language).keys()), sorted(known(language).keys() - expected)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places_for_values(language: str) -> None:
    assert [text for text, said in known(language).items() if fields(said) != fields(text)] == []


def test_no_message_is_put_together_from_pieces() -> None:
    assert put_together(ROOT) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_filled_in_every_language(language: str) -> None:
    said = known(language)
    for text, translation in said.items():
        values = dict.fromkeys(fields(text), 1234)
        shown = Message(text, values).translated(lambda key: said.get(key, key))
        assert shown == (translation.format(**values) if values else translation)


def test_a_message_is_its_english_text() -> None:
    assert DAMAGED == "a.png was damaged in transfer: it is not a PNG file."
    assert json.loads(json.dumps({"text": DAMAGED})) == {"text": str(DAMAGED)}
    assert type(str(DAMAGED)) is str


def test_values_that_are_messages_are_translated_and_other_values_are_not() -> None:
    said = known("de_DE") | {"a.png": "WRONG"}
    shown = DAMAGED.translated(lambda key: said.get(key, key))
    assert shown == "a.png wurde bei der Übertragung beschädigt: keine PNG-Datei."


def test_sentences_after_each_other_are_translated_one_by_one() -> None:
    said = known("de_DE")
    both = Message.joined(("", DAMAGED, "Nothing was sent."))
    assert both == f"{DAMAGED} Nothing was sent."
    assert both.translated(lambda key: said.get(key, key)).endswith("keine PNG-Datei. Es wurde nichts gesendet.")


def test_text_with_braces_is_no_template() -> None:
    assert translated("{blend_name} {", lambda key: key) == "{blend_name} {"
    assert Message.decoded('{"template": 7').translated(lambda key: key) == '{"template": 7'


def test_a_message_survives_json_copies_and_pickles() -> None:
    odd = Message('{"template": "x"}')
    for one in (DAMAGED, odd, Message("")):
        for again in (Message.decoded(one.encoded()), pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
            assert (again, again.template, again.values) == (one, one.template, one.values)
        assert from_json(one.as_json()) == one


def test_what_is_no_text_is_no_message() -> None:
    with pytest.raises(TypeError):
        Message.from_text(None)  # type: ignore[arg-type]


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="cannot be changed"):
        DAMAGED.template = "other"
    with pytest.raises(TypeError):
        DAMAGED.values["name"] = "b.png"  # type: ignore[index]


def test_the_journal_keeps_template_and_values(tmp_path: Path) -> None:
    error = LocalProblem(DAMAGED, "Other frames and the render are not affected.", "Retry.")
    one = submission(state=State.STOPPED, problem=Problem.from_error(error), note=DAMAGED)
    frame = FrameRecord(one.id, "a.png", "/p/a.png", 1, FrameState.SUSPECT, reason=DAMAGED)
    with Journal(tmp_path / "journal.sqlite3") as journal:
        journal.add(one)
        journal.save(one, DAMAGED)
        journal.save_frames([frame])
        kept = journal.submission(one.id)
        assert kept is not None and kept.problem is not None
        stored = [kept.note, kept.problem.what, journal.transitions(one.id)[-1][3], journal.frames(one.id)[0].reason]
        assert [asdict(kept)["note"], *stored] == [DAMAGED] * 5
    assert [Message.from_text(text).values for text in stored] == [DAMAGED.values] * 4
    said = known("de_DE")
    shown = kept.problem.message.translated(lambda key: said.get(key, key))
    assert shown.startswith("a.png wurde bei der Übertragung beschädigt")


def test_rows_of_the_version_before_are_shown_as_they_are(tmp_path: Path) -> None:
    old = "{0} arrives damaged: {a} 100%."
    one = submission()
    with Journal(tmp_path / "journal.sqlite3") as journal:
        journal.add(one)
        db = journal._db
        db.execute(
            "UPDATE submissions SET note = ?, problem = ?", (old, json.dumps({"code": "malformed", "what": old}))
        )
        db.execute("UPDATE transitions SET text = ?", (old,))
        kept = journal.submission(one.id)
        assert kept is not None and kept.problem is not None
        for text in (kept.note, str(kept.problem), journal.transitions(one.id)[0][3]):
            assert translated(text, lambda key: key) == old
