"""A render that was started elsewhere is compared with what was asked for here."""

import json
from typing import Any

import pytest

from farmhand.client.models import OutputSettings, RenderConfig
from farmhand.courier.pipeline import started_elsewhere

OURS = RenderConfig(frame_ranges=["1-3"], sample_count=16, output_settings=OutputSettings(color_depth="8"))
SAME = {
    "colorManagementPreset": "default",
    "frameRanges": ["1", "2", "3"],
    "sampleCount": 16.0,
    "outputSettings": {"colorDepth": "8", "quality": None},
    "fps": None,
}


def report(requested: Any, *, was_tried: bool = False) -> str:
    return started_elsewhere.report(requested, OURS, was_tried=was_tried)


@pytest.mark.parametrize("wrapped", [lambda one: one, lambda one: {"requestedRenderConfig": one}, json.dumps])
def test_the_same_settings_in_other_words_are_no_difference(wrapped: Any) -> None:
    assert report(wrapped(SAME)) == ""


def test_every_difference_is_named_with_both_values() -> None:
    said = report(SAME | {"sampleCount": 4096, "tileSize": 256, "outputSettings": {"colorDepth": "16"}})
    assert '(sampleCount: 16 → 4096, outputSettings.colorDepth: "8" → "16", tileSize: – → 256)' in said
    assert started_elsewhere.is_report(said)


def test_what_the_service_fills_in_is_no_difference_when_we_may_have_started_it() -> None:
    assert report(SAME | {"tileSize": 256}, was_tried=True) == ""
    assert "sampleCount" in report(SAME | {"sampleCount": 1}, was_tried=True)


@pytest.mark.parametrize("requested", [None, "<unknown>", 7, [], {}, ["x"]])
def test_settings_that_cannot_be_read_are_said_to_be_unknown(requested: Any) -> None:
    assert "unknown" in report(requested) and started_elsewhere.is_report(report(requested))
    assert report(requested, was_tried=True) == ""


def test_a_long_value_is_cut() -> None:
    assert len(report(SAME | {"notes": "x" * 10_000})) < 300


@pytest.mark.parametrize("wrapped", [lambda one: one, json.dumps])
def test_names_and_values_are_shown_as_one_short_line(wrapped: Any) -> None:
    hostile = {"\x1b[2J\u202eevil": "\x9b\u202e", "x" * 100_000: 1, "y": {"z" * 100_000: {"\n": 1}}}
    said = report(wrapped({**hostile, **{f"{number:0100}": number for number in range(100)}}))
    assert said.isprintable() and "evil" in said and len(said) < 700


def test_a_half_character_in_a_text_of_settings_can_be_written() -> None:
    assert report(json.dumps({"\ud800": "\udfff"})).encode()
