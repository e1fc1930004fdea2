"""A check that is killed: its Blender's temporary files lie where the next command removes them."""

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import processes
from command_line import FARMHAND
from waiting import wait_until

from farmhand.jobs.user_folder import UserFolder


def test_a_killed_check_leaves_nothing_once_the_next_has_run(
    blender_command: list[str], scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    scene, home, temporary = scene_file("animated"), UserFolder(tmp_path / "home"), tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "FARMHAND_HOME": str(home.folder), "BLENDER": shlex.join(blender_command)}
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    check = subprocess.Popen([*FARMHAND, "check", str(scene)], env=environment, stdout=subprocess.DEVNULL)
    wait_until(lambda: any(home.logs.glob("blender-*/blender_*")), "Blender has its folder")
    blender = processes.child_of(check.pid).pid
    for pid in (check.pid, blender):
        processes.kill(pid)
    check.wait()
    assert list(home.logs.glob("blender-*/blender_*"))
    subprocess.run([*FARMHAND, "check", str(scene)], env=environment, stdout=subprocess.DEVNULL, check=True)
    assert [*home.logs.glob("blender-*"), *temporary.iterdir()] == []
