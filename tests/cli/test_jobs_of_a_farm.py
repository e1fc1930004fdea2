"""A farm's own jobs, listed and canceled from a computer that did not submit them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from command_line import FARMHAND
from painting_farm import PaintingFarm


def test_a_farms_jobs_are_listed_downloaded_and_canceled_from_elsewhere(home: Path, tmp_path: Path) -> None:
    scene = tmp_path / "shot.blend"
    scene.write_bytes(b"BLENDER-v405" + bytes(64))
    farm = PaintingFarm(tmp_path / "farm", seconds=0.5)
    try:
        done = farm.rendered(scene, frameRanges=["1-3"])
        running = farm.start_render(scene, frameRanges=["1-900"])

        def run(*words: str) -> tuple[int, dict[str, Any]]:
            own = {"FARMHAND_HOME": str(home), "FARMHAND_API_KEY": farm.token, "FARMHAND_SERVER": farm.url}
            command = [*FARMHAND, *words, "--server", farm.url, "--json"]
            ended = subprocess.run(
                command, env={**os.environ, **own}, capture_output=True, text=True, timeout=60, check=False
            )
            return ended.returncode, json.loads(ended.stdout)

        code, listing = run("jobs")
        assert code == 0
        assert [(one["id"], one["frames"]) for one in listing["jobs"]] == [(running, "1-900"), (done["id"], "1-3")]
        assert [one["id"] for one in run("jobs", "--status", "completed")[1]["jobs"]] == [done["id"]]
        code, canceled = run("cancel", running)
        assert (code, canceled["status"]) == (0, "canceled")
        assert run("watch", done["id"])[1]["status"] == "completed"
    finally:
        farm.stop()
