"""The limits of pink: between the levels at which Blender was asked for it, and by how much there is."""

import pytest

from farmhand.courier.frames.suspicion import FaultColors, suspicion
from farmhand.courier.images.sampling import Samples

LEVELS = (*range(4, 256, 4), 255)


@pytest.mark.parametrize("level", [232, 236, 238, 241])
@pytest.mark.parametrize(("off", "is_pink"), [(0.0, True), (3.0, False)])
def test_limits_in_daylight_are_those_of_the_level_where_the_view_is_steep(
    level: int, off: float, is_pink: bool
) -> None:
    """As near the end of the scale of Khronos PBR Neutral, where with each level the green grows."""
    greens = [0.1 + 0.05 * max(0, each - 228) for each in LEVELS]
    steep = FaultColors.from_measured(
        {
            "pink": [[green, green, -0.01, 0.01] for green in greens],
            "daylight": [[[hue, green, green] for hue in (-0.5, 0.5)] for green in greens],
            "plain": [[[-0.8, 0.3], [0.8, 0.3]] for _ in LEVELS],
        }
    )
    shown = level * (0.1 + 0.05 * (level + off - 228))
    picture = [(float(level), shown, 0.8 * level)] * 4 + [(120.0, 120.0, 120.0)] * 96
    assert ("pink" in suspicion(Samples(picture, depth=8), steep)) == is_pink


@pytest.mark.parametrize(("pinks", "is_pink"), [(5, False), (25, True)])
def test_much_pink_may_have_the_green_of_a_blue_sky_and_little_may_not(pinks: int, is_pink: bool) -> None:
    light = [(0.2, 0.05, 0.5)] * pinks + [(0.2, 0.3, 0.5)] * (100 - pinks)
    assert ("pink" in suspicion(Samples(light, depth=0), FaultColors.from_measured({}))) == is_pink
