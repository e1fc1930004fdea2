"""The panel keeps its places: while a job goes from pressed to done, nothing that can be pressed moves."""

from __future__ import annotations

import subprocess
from pathlib import Path

from journey import Opener, Stage


def test_nothing_below_the_latest_frame_moves_while_a_job_runs(stage: Opener) -> None:
    with stage() as on:
        on.prepare(frames=6)
        on.window.run("give_properties_the_column()\nopen_sub_panel('Output')")
        left, _, right, lower = (int(number) for number in on.window.run("answer = properties_place()"))
        _, top = on.window.find("farmhand.open_folder(")
        # The titles and fields at the left; the states at the right change, as they should.
        crop = f"{(right - left) * 45 // 100}x{lower - top - 26}+{left}+{top + 26}"
        before = look(on, crop, "before")
        on.submit()
        on.window.wait("snapshot().rows[0].submission.frames_done >= 1", 60)
        during = look(on, crop, "during")
        on.over()
        after = look(on, crop, "after")
        assert different_pixels(before, during) == 0
        assert different_pixels(before, after) == 0


def look(on: Stage, crop: str, name: str) -> Path:
    on.window.move(400, 600)
    on.window.run("answer = redraw()")
    return on.window.picture(on.folder / f"{name}.png", crop)


def different_pixels(first: Path, second: Path) -> int:
    done = subprocess.run(
        ["compare", "-metric", "AE", str(first), str(second), "null:"], capture_output=True, text=True, check=False
    )
    return int(float(done.stderr.split()[0]))
