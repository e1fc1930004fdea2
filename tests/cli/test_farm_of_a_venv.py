"""On Windows, the Python of a venv starts another one: the farm is not the process that its command has started."""

import subprocess
import sys
from pathlib import Path

from farmhand.cli import farm

LAUNCHER = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"


def test_a_farm_is_found_that_another_process_runs_for_its_command(tmp_path: Path) -> None:
    words = ["-m", "farmhand.farm", "--data", str(tmp_path), "--blender", sys.executable, "--until-stdin-closes"]
    command = [sys.executable, "-c", LAUNCHER, sys.executable, *words, "--idle-exit", "10"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        access = farm._wait_for_access(process, tmp_path)
        assert process.stdin is not None
        process.stdin.close()
    assert access is not None and access["url"].startswith("http://127.0.0.1:")
    assert access["pid"] != process.pid
