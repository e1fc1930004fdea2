"""The limits of pink between the levels at which Blender was asked for it."""

import pytest

from farmhand.courier.frames.suspicion import FaultColors, suspicion
from farmhand.courier.images.sampling import Samples

LEVELS = (*range(4, 256, 4), 255)


@pytest.mark.parametrize(("off", "is_pink"), [(0.0, True), (1.3, True), (-1.3, True), (4.0, False)])
def test_rounding_hides_no_pink_in_daylight_where_the_view_is_steep(off: float, is_pink: bool) -> None:
    """As near the end of the scale of Khronos PBR Neutral, where with each level the green grows by 5 in 100."""
    greens = [0.1 + 0.05 * max(0, level - 228) for level in LEVELS]
    steep = FaultColors.from_measured(
        {
            "pink": [[green, green, -0.01, 0.01] for green in greens],
            "daylight": [[[hue, green, green] for hue in (-0.5, 0.5)] for green in greens],
            "plain": [[[-0.8, 0.3], [0.8, 0.3]] for _ in LEVELS],
        }
    )
    shown = 238 * (0.1 + 0.05 * (238 + off - 228))
    picture = [(238.0, shown, 190.0)] * 4 + [(120.0, 120.0, 120.0)] * 96
    assert ("pink" in suspicion(Samples(picture, depth=8), steep)) == is_pink
