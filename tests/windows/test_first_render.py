"""From a click to frames on disk, in real windows: the main job with the mouse, and the README's picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from journey import Opener, open_stage

from cache import ROOT

EXAMPLE = ROOT / "examples" / "windmill.blend"
SETTINGS = """
scene = bpy.context.scene
scene.frame_end = 8
scene.render.resolution_percentage = 40
scene.cycles.samples = 4
scene.render.filepath = "//render/shot_"
bpy.ops.wm.save_as_mainfile(filepath={blend!r})
look_through_camera()
give_properties_the_column()
"""


START = """
scene = bpy.context.scene
scene.frame_end = 3
scene.render.resolution_percentage = 40
scene.cycles.samples = 4
scene.render.filepath = "//render/shot_"
bpy.ops.wm.save_as_mainfile(filepath={blend!r})
look_through_camera()
redraw()
"""


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_first_button_of_the_render_tab_renders(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path: Path
) -> None:
    """With the panels where Blender puts them: nothing is scrolled, opened or dragged."""
    environment = {**profile, "FARMHAND_TEST_AS_INSTALLED": "1"}
    with open_stage(window_blender, display, environment, tmp_path, str(EXAMPLE)) as on:
        on.window.run(START.format(blend=str(on.blend)))
        on.window.press("farmhand.submit(what='ANIMATION'")
        on.window.wait("snapshot().rows")
        on.over()
        assert (on.state(), len(on.frames())) == ("done", 3)
        on.window.move(400, 600)
        on.picture(f"where-{on.version}", whole=True)


@pytest.mark.timeout(300)
def test_a_click_on_render_in_cloud_brings_the_frames(stage: Opener) -> None:
    with stage(str(EXAMPLE)) as on:
        on.window.run(SETTINGS.format(blend=str(on.blend)))
        on.widen()
        on.window.press("farmhand.submit(")
        on.window.wait("len(snapshot().packing) + len(snapshot().rows)")
        on.window.wait("any(row.submission.frames_done >= 3 for row in snapshot().rows)")
        on.picture(f"panel-{on.version}", whole=True)
        on.over()
        on.window.wait("len(live().thumbnails.icons)")
        on.picture(f"done-{on.version}")
        assert on.frames() == [f"shot_{number:04}.png" for number in range(1, 9)]
        assert on.state() == "done"
