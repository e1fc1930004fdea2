"""Render configs that the farm takes or refuses before any Blender sees them."""

from typing import Any

import pytest

from farmhand.client.models import RenderConfig
from farmhand.farm.api import config_schema
from farmhand.farm.errors import ApiError
from farmhand.farm.settings import GIB

ANALYSIS = {"frameStart": 1, "frameEnd": 9, "frameStep": 4, "acesViews": [], "blenderVersion": "4.2.23"}


def final(**config: Any) -> dict[str, Any]:
    return config_schema.final_request(RenderConfig.model_validate(config), ANALYSIS, 8 * GIB)


def test_frames_left_out_are_those_of_the_scene() -> None:
    assert config_schema.frames(final()) == (1, 5, 9)


def test_frames_asked_for_win_over_the_scene() -> None:
    assert config_schema.frames(final(frameRanges=["2", "4-6"])) == (2, 4, 5, 6)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"colorManagementPreset": "filmic"}, "invalid_config"),
        ({"colorManagementPreset": "aces"}, "no_aces"),
        ({"renderEngine": "LUXCORE"}, "invalid_config"),
        ({"computeDeviceType": "ABACUS"}, "invalid_config"),
        ({"outputFormat": "FFMPEG"}, "movie_output"),
        ({"outputSettings": {"colorDepth": "9"}}, "invalid_config"),
        ({"minimumRam": 9}, "not_enough_memory"),
    ],
)
def test_what_cannot_be_had_is_refused_with_its_own_code(config: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError) as refused:
        final(**config)
    assert (refused.value.status, refused.value.code) == (400, code)


@pytest.mark.parametrize(
    "changed", [{"frameEnd": 5_000_000}, {"frameEnd": None}, {"frameStep": -1}, {"frameStart": 10}]
)
def test_a_scene_whose_frames_cannot_be_rendered_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        config_schema.frames(config_schema.final_request(RenderConfig(), {**ANALYSIS, **changed}, 8 * GIB))
    assert (refused.value.status, refused.value.code) == (400, "invalid_config")
