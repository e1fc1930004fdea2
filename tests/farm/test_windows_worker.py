"""What a render Blender does on Windows alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cache import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="error modes are Windows'")


def test_a_crash_shows_no_dialog(blender_command: list[str], tmp_path: Path) -> None:
    asked = tmp_path / "ask.py"
    asked.write_text("import ctypes; print(ctypes.windll.kernel32.GetErrorMode())")
    request = json.dumps({"do": "run", "path": str(asked)})
    done = subprocess.run(
        [*blender_command, str(ROOT / "farm" / "worker" / "main.py"), "--", json.dumps({"runsPython": True})],
        input=f"{request}\n",
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(done.stdout.splitlines()[1])
    assert int(answer["printed"]) & 0x3 == 0x3


def test_a_farm_whose_console_closes_ends_cleanly(blender_command: list[str], tmp_path: Path) -> None:
    closing = (
        "import signal, sys, threading, time\n"
        "from pathlib import Path\n"
        "from farmhand.farm.__main__ import main\n"
        "def close():\n"
        "    while not Path(sys.argv[2], 'access.json').exists(): time.sleep(0.1)\n"
        "    signal.raise_signal(signal.SIGBREAK)\n"
        "threading.Thread(target=close, daemon=True).start()\n"
        "raise SystemExit(main())\n"
    )
    words = ["--data", str(tmp_path / "farm"), "--blender", *blender_command]
    ended = subprocess.run([sys.executable, "-c", closing, *words], timeout=60, check=False, capture_output=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert not (tmp_path / "farm" / "access.json").exists()
