"""Presses *Render in Cloud* in a background Blender with the built zip installed, and looks on from outside."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image
from waiting import PATIENCE

import left_running
from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Submission
from farmhand.jobs.user_folder import UserFolder
from find_blender import as_executable

PRESS = Path(left_running.__file__).with_name("press_render.py")


class Press:
    """One press of the button. output: where its frames land."""

    def __init__(
        self,
        command: Sequence[str],
        file: Path,
        home: Path,
        output: Path,
        environment: dict[str, str],
        frames: str = "",
    ) -> None:
        order = {"frames": frames, "scale": 0, "samples": 0, "output": str(output), "sheet": ""}
        options = ["-b", str(file), "--python-exit-code", "1", "--python", str(PRESS), "--", json.dumps(order)]
        self.home = UserFolder(home)
        self.output = output
        with (home / "press.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*as_executable(list(command)), *options],
                env={**environment, "FARMHAND_HOME": str(home)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> int:
        """Until the button comes up again; the exit code."""
        return self.process.wait(timeout=PATIENCE)

    def kill(self) -> None:
        """As a crash of Blender would."""
        self.process.kill()
        self.process.wait()

    def printed(self) -> str:
        """What Blender has said."""
        return (self.home.folder / "press.log").read_text(encoding="utf-8", errors="replace")

    def submission(self) -> Submission | None:
        """The one submission of this home, once there is one."""
        if not self.home.journal.exists():
            return None
        with Journal(self.home.journal) as journal:
            return next(iter(journal.submissions()), None)

    def said(self) -> list[str]:
        """Every sentence that the journal keeps of the submission's way."""
        one = self.submission()
        assert one is not None
        with Journal(self.home.journal) as journal:
            return [text for *_, text in journal.transitions(one.id) if text]

    def findings(self) -> list[str]:
        """What the check had to say."""
        one = self.submission()
        assert one is not None
        return [finding["message"] for finding in job_folder.read(self.home.job(one.id)).findings]

    def wait_for(self, condition: Callable[[Submission], bool], what: str) -> Submission:
        """Until the submission is so."""
        end = time.monotonic() + PATIENCE
        while True:
            one = self.submission()
            if one is not None and condition(one):
                return one
            assert time.monotonic() < end, f"Not within {PATIENCE:g} s: {what}. {one}\n{self.printed()}"
            time.sleep(0.05)

    def wait_for_frames(self, count: int) -> Submission:
        return self.wait_for(lambda one: one.frames_done >= count, f"{count} frames are here")

    def frames(self) -> list[Path]:
        """Files under real names, in order."""
        return sorted(self.output.glob("*.png")) if self.output.exists() else []


def pixels(file: Path) -> bytes:
    """Of a whole picture: one that is cut short raises. Blender writes the time of day into files, not into these."""
    with Image.open(file) as image:
        return repr((image.size, image.mode)).encode() + image.tobytes()
