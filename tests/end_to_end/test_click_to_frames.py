"""The main job: a press of the button brings the frames that Blender itself would have rendered."""

from collections.abc import Callable
from pathlib import Path

from in_blender import run_in_blender
from pressing import Press, pixels

from farmhand.jobs.journal.submission import State

EXAMPLE = Path(__file__).parents[2] / "examples" / "windmill.blend"
DIRECTLY = Path(__file__).parents[1] / "support" / "render_directly.py"


def test_the_frames_that_come_back_have_the_pixels_that_the_same_blender_renders_directly(
    press: Callable[..., Press], scene_file: Callable[..., Path], each_blender_command: list[str], tmp_path: Path
) -> None:
    file = scene_file("animated", each_blender_command)
    pressed = press(file, command=each_blender_command)
    assert pressed.wait() == 0, pressed.printed()
    direct = tmp_path / "direct"
    run_in_blender(each_blender_command, DIRECTLY, str(file), str(direct), "1", "5")
    assert [pixels(one) for one in pressed.frames()] == [pixels(one) for one in sorted(direct.glob("*.png"))]


def test_a_scene_with_textures_denoiser_and_a_look_comes_back_with_the_same_pixels(
    press: Callable[..., Press], each_blender_command: list[str], tmp_path: Path
) -> None:
    pressed = press(EXAMPLE, frames="9", command=each_blender_command)
    assert pressed.wait() == 0, pressed.printed()
    direct = tmp_path / "direct"
    run_in_blender(each_blender_command, DIRECTLY, str(EXAMPLE), str(direct), "9", "9")
    assert [pixels(one) for one in pressed.frames()] == [pixels(direct / "0009.png")]


def test_only_the_frames_that_were_asked_for_come_back(
    press: Callable[..., Press], scene_file: Callable[..., Path]
) -> None:
    pressed = press(scene_file("animated"), frames="2, 4-5")
    assert pressed.wait() == 0, pressed.printed()
    assert [int(one.stem[-4:]) for one in pressed.frames()] == [2, 4, 5]


def test_a_missing_texture_is_named_and_the_render_goes_on(
    press: Callable[..., Press], scene_file: Callable[..., Path]
) -> None:
    pressed = press(scene_file("missing_texture"), frames="1")
    assert pressed.wait() == 0, pressed.printed()
    assert any("wood.png" in sentence for sentence in pressed.findings())


def test_a_scene_without_a_camera_is_refused_before_anything_is_sent(
    press: Callable[..., Press], scene_file: Callable[..., Path]
) -> None:
    pressed = press(scene_file("no_camera"))
    assert pressed.wait() == 1
    assert "camera" in pressed.printed()
    assert pressed.submission() is None


def test_the_user_s_file_is_not_touched(press: Callable[..., Press], scene_file: Callable[..., Path]) -> None:
    file = scene_file("animated")
    before = file.read_bytes()
    pressed = press(file, frames="1")
    pressed.wait_for(lambda one: one.state is State.DONE, "it is done")
    assert file.read_bytes() == before
