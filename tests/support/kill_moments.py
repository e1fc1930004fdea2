"""The farm and its render Blenders are killed at a moment that chance decides, while a client follows the job.

The client fetches each frame as soon as the farm names it, as the courier does. It insists that a frame which it has
once seen is named on and on, with the same length and checksum, and that the farm never writes its file again.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import processes
import psutil
from running_farm import OVER, RunningFarm

VICTIMS = ("the farm", "the first worker", "the second worker", "both workers", "the farm and both workers")
MOMENTS = 50
FRAMES = 60
LIMIT_SECONDS = 120.0
LAST_CHANCE = 3
"""A job that is quicker than usual: somebody dies while so many frames are left."""


@dataclass
class Followed:
    """frames: what the client fetched, each once. at_death: frames that were finished when the victim died."""

    farm: RunningFarm
    job_id: str
    frames: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    named: dict[str, dict[str, Any]] = field(default_factory=dict)
    at_death: int = -1

    def look(self) -> None:
        """Fetch what is new; insist that nothing which was there has gone or changed."""
        outputs = self.farm.downloads(self.job_id)["frameOutputs"]
        now = {each["relativePath"]: {**each, "url": "", "expiresAt": ""} for each in outputs}
        assert len(now) == len(outputs), "a frame is named twice"
        for path, before in self.named.items():
            assert now.get(path) == before, f"{path} was {before} and is {now.get(path)}"
        self.named = now
        for each in outputs:
            if each["relativePath"] not in self.frames:
                self.frames[each["relativePath"]] = self.farm.fetch(each["url"])
                self.files[each["relativePath"]] = self._file(each["relativePath"])

    def assert_that_no_finished_frame_was_written_again(self) -> None:
        for path, file in self.files.items():
            assert self._file(path) == file, f"{path} was rendered again"

    def _file(self, path: str) -> tuple[int, int]:
        """Inode and time of writing."""
        found = (self.farm.data / "objects" / "jobs" / self.job_id / path).stat()
        return found.st_ino, found.st_mtime_ns


def die_once(farm: RunningFarm, scene: Path, seed: int, usual_seconds: float) -> tuple[str, float, Followed]:
    """One job of 60 frames and one death. Returns who died, when (seconds after the start), and what the client has.

    usual_seconds: how long such a job takes here from its validation on; the moment is chosen evenly within it.
    """
    chance = random.Random(seed)
    victim = VICTIMS[seed % len(VICTIMS)]
    moment = chance.uniform(0.0, usual_seconds)
    followed = Followed(farm, farm.new_job(scene))
    farm.ask(f"/jobs/{followed.job_id}/validate")
    began = time.monotonic()
    is_dead = False
    while True:
        is_due = time.monotonic() - began >= moment or len(followed.frames) >= FRAMES - LAST_CHANCE
        if is_due and not is_dead:
            moment = time.monotonic() - began
            is_dead = _kill(farm, victim, chance.uniform(0.0, 0.5))
            followed.at_death = len(followed.frames)
        status = farm.job(followed.job_id)["status"]
        if status == "validated":
            farm.ask(f"/jobs/{followed.job_id}/render", requestedRenderConfig=_config())
        if status in ("rendering", *OVER):
            followed.look()
        if status in OVER:
            assert status == "completed", farm.job(followed.job_id)["failedReason"]
            return victim, moment, followed
        time.sleep(0.02)
        assert time.monotonic() < began + LIMIT_SECONDS, f"{victim} died at {moment:.2f} s, and the job does not end"


def _config() -> dict[str, Any]:
    return {"colorManagementPreset": "default", "frameRanges": [f"1-{FRAMES}"]}


def _kill(farm: RunningFarm, victim: str, pause: float) -> bool:
    """False where the worker that shall die is not there yet."""
    workers = _workers(farm)
    chosen = {"the first worker": workers[:1], "the second worker": workers[1:2], "the farm": []}.get(victim, workers)
    if not chosen and victim != "the farm":
        return False
    if victim.startswith("the farm"):
        farm.kill()
    for process in chosen:
        processes.kill(process.pid)
    if victim.startswith("the farm"):
        time.sleep(pause)
        farm.start()
    return True


def _workers(farm: RunningFarm) -> list[psutil.Process]:
    """The Blenders themselves: of the processes around each, the one that has no child; oldest first."""
    found = []
    for pid in farm.blender_processes():
        try:
            process = psutil.Process(pid)
            if not process.children():
                found.append((process.create_time(), pid, process))
        except psutil.Error:
            continue
    return [process for _, _, process in sorted(found, key=lambda each: each[:2])]
