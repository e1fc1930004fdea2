"""The panel keeps its places: while a job goes from pressed to done, nothing that can be pressed moves."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from documented_service import serving
from journey import Opener, Stage
from test_checked_job_in_window import choose, documented

TITLES = 38
"""Percent of the width that hold titles and names; the states at the right change, as they should."""
HEADER = 26
"""Height of a closed sub-panel, in pixels."""
PHASE = """
shown = snapshot()
row = shown.rows[0] if shown.rows else None
answer = "packing" if shown.packing else row.word if row else "before"
"""
OVER = "answer = bool(snapshot().rows) and not snapshot().packing and snapshot().rows[0].submission.is_over"
Strip = Callable[[str], Path]


@pytest.fixture
def on(stage: Opener) -> Iterator[Stage]:
    with stage() as opened:
        opened.prepare(frames=6)
        yield opened


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_nothing_moves_while_a_job_is_packed_checked_confirmed_rendered_and_downloaded(on: Stage) -> None:
    """The whole life of a job that the service has a question about."""
    with serving(documented(storage_seconds=5.0)) as service:  # time to look at it while it downloads
        choose(on, service)
        on.window.run("give_properties_the_column()\nopen_sub_panel('Jobs')\nredraw()")
        scroll_to_the_end(on)
        strips = [below_the_frame(on), at_the_end(on)]
        seen: dict[str, list[Path]] = {}
        take(on, strips, seen)
        on.window.run("with_window(0, lambda: bpy.ops.farmhand.submit('INVOKE_DEFAULT'))")  # it is scrolled away
        end, is_started = time.monotonic() + 120, False
        while not on.window.run(OVER):
            assert time.monotonic() < end, f"the job did not end; seen: {list(seen)}"
            take(on, strips, seen)
            if not is_started and len(seen.get("Needs Confirmation", ())) == 2 * len(strips):
                on.window.press("farmhand.start_render(")
                is_started = True
        take(on, strips, seen)
    assert {"before", "packing", "Needs Confirmation", "Done"} <= seen.keys(), list(seen)
    assert "Rendering" in seen or "Downloading" in seen
    for number in range(len(strips)):
        first = seen["before"][number]
        assert [phase for phase, taken in seen.items() if any(different(first, one) for one in taken[number::2])] == []


def below_the_frame(on: Stage) -> Strip:
    """Titles below the latest frame and its buttons."""
    left, _, right, _ = on.window.run("answer = properties_place()")
    _, folder = on.window.find("farmhand.open_folder(")
    return strip(on, left, folder + 26, right, folder + 26 + 6 * HEADER)


def at_the_end(on: Stage) -> Strip:
    """The last title, below the selected job and its buttons."""
    left, _, right, lower = on.window.run("answer = properties_place()")
    return strip(on, left, lower - HEADER - 8, right, lower)


def strip(on: Stage, left: int, upper: int, right: int, lower: int) -> Strip:
    crop = f"{(right - left) * TITLES // 100}x{lower - upper}+{left}+{upper}"
    return lambda name: on.window.picture(on.folder / f"{name}.png", crop)


def scroll_to_the_end(on: Stage) -> None:
    """What stands above keeps its distance from the upper edge: were it to grow, all below would move."""
    left, upper, right, lower = on.window.run("answer = properties_place()")
    on.window.scroll_down((left + right) // 2, (upper + lower) // 2)


def take(on: Stage, strips: list[Strip], seen: dict[str, list[Path]]) -> None:
    """Pictures of each strip, under the name of what the job does before and after they were taken."""
    on.window.move(400, 600)
    on.window.run("answer = redraw()")
    phase = on.window.run(PHASE)
    count = sum(map(len, seen.values()))
    seen.setdefault(phase, []).extend(look(f"{count + number}-{phase}") for number, look in enumerate(strips))


def different(first: Path, second: Path) -> int:
    """How many pixels differ."""
    done = subprocess.run(
        ["compare", "-metric", "AE", str(first), str(second), "null:"], capture_output=True, text=True, check=False
    )
    return int(float(done.stderr.split()[0]))
