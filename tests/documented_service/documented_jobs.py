"""Jobs of the documented service: what they are at which moment. A clock moves them, nothing is rendered."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from documented_images import exr, png
from documented_variants import Variant

STEP = 0.25
"""Seconds for each stage, and for each frame."""
LATE_SECONDS = 4.0
SIZE = (64, 36)
DEFAULT_FRAMES = (1, 2, 3, 4, 5)


@dataclass
class Upload:
    slug: str
    expires: float = 0.0
    size: int | None = None


@dataclass(frozen=True)
class File:
    """frame: its number. node: the compositor node that wrote it, or ""."""

    name: str
    frame: int
    content: bytes
    view: str = ""
    node: str = ""


@dataclass
class Job:
    """config: as it was started with. starts: how often it was."""

    variant: Variant
    id: str
    created_at: float = field(default_factory=time.time)
    validated_at: float = 0.0
    started_at: float = 0.0
    config: dict[str, Any] | None = None
    starts: int = 0
    canceled: bool = False

    def start(self, config: dict[str, Any]) -> None:
        self.config = config
        self.started_at = time.time()
        self.starts += 1

    @property
    def frames(self) -> list[int]:
        """The syntax is undocumented: "7", "1-250", "1-100x5" are what clients send."""
        wanted: set[int] = set()
        for text in (self.config or {}).get("frameRanges") or ():
            match = re.fullmatch(r"(-?\d+)(?:-(-?\d+)(?:x(\d+))?)?", text)
            assert match, text
            wanted |= set(range(int(match[1]), int(match[2] or match[1]) + 1, int(match[3] or 1)))
        return sorted(wanted) or list(DEFAULT_FRAMES)

    @property
    def status(self) -> str:
        if self.canceled:
            return "canceled"
        if self.config is not None:
            return self._while_rendering(time.time() - self.started_at)
        begun = self.validated_at or (self.created_at if self.variant.validates_itself else 0.0)
        passed = time.time() - begun if begun else 0.0
        if not begun or passed < self.variant.slow_to_show:
            return "created"
        if self.variant.is_on_hold and STEP < passed < 5 * STEP:
            return "debugging"
        return "validated" if passed > self.variant.slow_to_show + STEP else "validating"

    @property
    def held(self) -> float:
        """Seconds that it was on hold while it rendered."""
        return 10 * STEP if self.variant.is_on_hold else 0.0

    def _while_rendering(self, passed: float) -> str:
        if passed < self.variant.slow_to_show:
            return "validated"
        if passed < STEP:
            return "booting"
        if self.held and passed < STEP + self.held:
            return "suspended" if passed < STEP + self.held / 2 else "recalibrating"
        passed -= self.held + STEP
        if self.variant.failure:
            return "failed" if passed > STEP else "rendering"
        if passed < STEP * len(self.frames):
            return "rendering"
        return "finalizing" if passed < STEP * (len(self.frames) + 1) else "completed"

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "failed", "canceled")

    @property
    def frames_done(self) -> list[int]:
        if not self.started_at:
            return []
        count = int((time.time() - self.started_at - self.held - STEP) / STEP)
        return self.frames[: max(0, count)]

    @property
    def frames_listed(self) -> list[int]:
        if self.variant.ready == "each":
            return self.frames_done
        ended = self.started_at + self.held + STEP * (len(self.frames) + 2)
        wait = {"late": LATE_SECONDS, "refused": 2 * STEP}.get(self.variant.ready, 0.0)
        return self.frames if self.config is not None and time.time() > ended + wait else []

    def beauty(self) -> list[File]:
        return [
            File(self._name(frame, view), frame, png(frame, *SIZE, seed=view), view)
            for frame in self.frames_listed
            for view in self.variant.views
        ]

    def depth(self) -> list[File]:
        """What a File Output node writes. A twin has the very name of a frame."""
        if self.variant.node == "twin":
            return [File(f"{at:04d}.png", at, png(at, *SIZE, seed="node"), "", "Depth") for at in self.frames_listed]
        return [File(f"depth{at:04d}.exr", at, exr(at, *SIZE), "", "Depth") for at in self.frames_listed]

    def _name(self, frame: int, view: str) -> str:
        return f"{frame:04d}.png"
