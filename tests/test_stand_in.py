"""The stand-in that makes `bpy` take Blender's arguments, which pytest-blender and the benchmarks rely on."""

import subprocess
from pathlib import Path

import find_blender


def start(command: list[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [*find_blender.as_executable(command), "-b", "--factory-startup", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_frames_lie_where_blenders_own_arguments_say(each_blender_command: list[str], tmp_path: Path) -> None:
    small = "import bpy; r = bpy.context.scene.render; r.resolution_x = r.resolution_y = 16; r.engine = 'CYCLES'"
    few = "bpy.context.scene.cycles.samples = 1"
    output = tmp_path / "frame_##"
    done = start(
        each_blender_command, "--python-expr", f"{small}; {few}", "-o", output, "-F", "PNG", "-s", 2, "-e", 3, "-a"
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["frame_02.png", "frame_03.png"], done.stdout


def test_a_failing_script_ends_it_with_the_code_that_was_asked_for(each_blender_command: list[str]) -> None:
    done = start(each_blender_command, "--python-exit-code", 3, "--python-expr", "raise ValueError")
    assert done.returncode == 3


def test_the_scripts_own_arguments_stand_behind_the_dashes(each_blender_command: list[str]) -> None:
    done = start(each_blender_command, "--python-expr", "import sys; print(sys.argv[-2:])", "--", "-a", "x")
    assert "['-a', 'x']" in done.stdout
