"""What every check looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bpy.types import Scene

from ...jobs.folder.job_folder import Output
from ...jobs.process.blender_log import Loss
from ..request.request import SubmitRequest
from ..request.scene_settings import SceneSettings
from ..scan import Found, usage
from ..scan.animated.animation import Animation


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of the package, or one that should be in it.

    source: absolute. path: in the package, "" when missing. bytes: on disk; for the .blend, as last saved.
    """

    source: str
    path: str
    bytes: int
    kind: str
    owner: str
    reason: str
    missing: bool


@dataclass(frozen=True, slots=True)
class CheckContext:
    """One request, with everything that was read for it.

    frames: the numbers to render. config: as it will be posted.
    found: what the render reads. used: the data-blocks that read it. animation: what changes over time.
    files: the package.
    output: where the frames will be written, or None if the path is invalid, which is a separate finding.
    jobs: the folder that the job folder will be created in, or "" if unknown.
    losses: what Blender reported when it opened the file, if that was recorded.
    """

    scene: Scene
    request: SubmitRequest
    settings: SceneSettings
    config: dict[str, Any]
    frames: tuple[int, ...]
    found: tuple[Found, ...]
    used: usage.Used
    files: tuple[FileLine, ...]
    output: Output | None
    jobs: str = ""
    animation: Animation = field(default_factory=Animation)
    losses: tuple[Loss, ...] = ()
