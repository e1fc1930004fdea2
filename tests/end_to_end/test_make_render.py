"""`make render` on its default scene, small."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(200)
def test_make_render_ends_with_frames_times_and_a_contact_sheet(tmp_path: Path) -> None:
    options = ["--frames", "1-2", "--scale", "20", "--samples", "1", "--out", str(tmp_path / "frames")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "render.py"), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"2 of 2 frames are in {tmp_path / 'frames'}" in done.stdout
    assert "Together" in done.stdout
    with Image.open(tmp_path / "frames" / "contact_sheet.png") as sheet:
        assert sheet.width >= 2 * 96
