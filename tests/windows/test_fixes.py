"""A dry run whose finding is clicked away, in a window."""

from __future__ import annotations

from journey import Opener

NO_CAMERA = "live().checks.by_scene['Scene'].sentences('error')"


def test_a_dry_run_finds_no_camera_and_one_click_puts_it_right(stage: Opener) -> None:
    with stage() as on:
        on.prepare()
        on.window.run("bpy.context.scene.camera = None\nbpy.ops.ed.undo_push(message='before')")
        on.window.run("give_properties_the_column()\nopen_sub_panel('Files to Send')")
        on.window.press("farmhand.check(")
        on.window.wait(f"'Scene' in live().checks.by_scene and {NO_CAMERA}")
        on.picture(f"fix-{on.version}")
        on.window.press("farmhand.use_camera(")
        on.window.wait("bpy.context.scene.camera is not None")
        assert on.window.run(f"answer = {NO_CAMERA}") == []
        on.picture(f"fixed-{on.version}")
        on.window.run("bpy.ops.ed.undo()")
        assert on.window.run("answer = bpy.context.scene.camera is None")
