"""A job folder: everything that will be sent, on disk before the upload begins.

    jobs/<submission id>/
        job.json        what will be sent and where frames go (JobFile below)
        package.blend   what is uploaded, or the .blend at the top of the zip that is uploaded
        library-….blend linked files whose paths had to be rewritten for the zip
        manifest.json   every file in the package, and why; the zip is made from it while it is sent

It can be inspected, sent again from the command line, and deleted. Standard library only.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...client import files
from ...client.errors import LocalProblem
from ...client.message import msg
from .. import json_members, text

FORMAT = 1
"""Raised only if older versions must refuse the folder: they ignore members that they do not know."""
_RETIRED = "needs_confirm"
"""A member that early versions wrote, before there was ask_mode."""
IF_WRONG, ALWAYS, NEVER = "if_wrong", "always", "never"
"""When a job that the service has checked waits for the user before it is rendered."""


@dataclass(frozen=True, slots=True)
class Package:
    """What is uploaded.

    file: name inside the job folder, or "" for a zip that is made from manifest.json while it is sent.
    kind: "blend" or "zip". name: the file name we tell the service. sha256: "" when the package is not one file.
    modified_ns: the file's time stamp when it was packed, to notice a change before upload.
    """

    file: str
    kind: str
    name: str
    bytes: int
    sha256: str
    modified_ns: int = 0

    @property
    def is_streamed(self) -> bool:
        """Whether it is made while it is sent."""
        return not self.file


@dataclass(frozen=True, slots=True)
class Output:
    """Where frames are saved here.

    folder: absolute; everything that has no better place is saved below it.
    pattern: absolute path with one run of # for the frame number, as Blender's own render would name it
    ("/p/render/shot_####.png"), or "" to keep the service's names below folder.
    others: the patterns of those frames that are named differently because another camera renders them.
    is_exact: the artist switched off *File Extensions*, so that no extension is added or replaced.
    existing: for files that already exist: "replace" them, "keep" them and give the new ones other names, or "ask".
    width, height: pixels expected, 0 when unknown.
    """

    folder: str
    pattern: str = ""
    existing: str = "replace"
    width: int = 0
    height: int = 0
    others: dict[str, list[int]] = field(default_factory=dict)
    is_exact: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """All of them, the main one first."""
        return (self.pattern, *self.others)

    def other_patterns(self) -> dict[int, str]:
        """The pattern of each frame that the main one does not name."""
        found: dict[int, str] = {}
        for pattern, frames in self.others.items():
            for frame in frames:
                found.setdefault(frame, pattern)
        return found

    def by_pattern(self, frames: Iterable[int]) -> dict[str, list[int]]:
        """These frames by the pattern that names them."""
        others = self.other_patterns()
        found: dict[str, list[int]] = {}
        for frame in frames:
            found.setdefault(others.get(frame, self.pattern), []).append(frame)
        return found

    def renamed(self, change: Callable[[str, list[int]], str], frames: Iterable[int]) -> Output:
        """With changed patterns. change: called with each pattern and those of the frames that it names."""
        named = self.by_pattern(frames)
        others = {change(pattern, named.get(pattern, [])): own for pattern, own in self.others.items()}
        return replace(self, pattern=change(self.pattern, named.get(self.pattern, [])), others=others)


@dataclass(frozen=True, slots=True)
class JobFile:
    """job.json.

    blend: the user's own file, or "" when it was never saved. blender: the command of the Blender that packed it, for
    *This Computer*. render_config: requestedRenderConfig as it will be posted. frames: numbers asked for.
    findings: what the check said and the user accepted ({"severity", "code", "message", "where"}).
    ask_mode: IF_WRONG, ALWAYS or NEVER.
    expected: the scene's own values as the service should find them in the file: members of requestedRenderConfig,
    frames ([first, last, step]) and missing (paths that are known not to be sent); {} when not known.
    rest: the frames that test frames leave for later.
    part_of: id of the first submission of the same render, if this one completes or repeats it, or "".
    purpose: "" for frames of the render, "compare" for frames that are rendered to be compared.
    allow_add_ons: on *This Computer*, run scripts, and the add-ons that the artist has enabled.
    fault_colors: the colors that missing textures and media have in the frames (see `scene.packing.fault_colors`).
    """

    id: str
    name: str
    server_url: str
    blend: str
    scene: str
    camera: str
    view_layer: str
    blender: list[str]
    blender_version: str
    package: Package
    output: Output
    render_config: dict[str, Any]
    frames: list[int]
    findings: list[dict[str, Any]] = field(default_factory=list)
    ask_mode: str = IF_WRONG
    expected: dict[str, Any] = field(default_factory=dict)
    rest: list[int] = field(default_factory=list)
    part_of: str = ""
    purpose: str = ""
    allow_add_ons: bool = False
    fault_colors: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


def number_run(pattern: str) -> re.Match[str] | None:
    """The run of # in an output pattern that stands for the frame number; None when it has none."""
    return re.search(r"#+(?=[^#/\\]*$)", pattern)


def new_id() -> str:
    """A name for a new submission and its folder."""
    return str(uuid.uuid4())


def write(folder: Path, job: JobFile) -> None:
    """Write job.json atomically; members that a newer version has added are kept. Raises LocalProblem."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "job.json", text.to_json(_to_write(folder, job), indent=2) + "\n")
    except OSError as error:
        raise LocalProblem(
            msg("The job folder {folder} cannot be written ({reason}).", folder=folder, reason=error.strerror),
            "Nothing was sent.",
            "Free some disk space or choose another user folder, then try again.",
        ) from error


def read(folder: Path) -> JobFile:
    """Read job.json; members of a newer version with the same format are ignored.

    Raises LocalProblem when it is missing, damaged or of a newer format.
    """
    try:
        data = json.loads(files.read_text(folder / "job.json"))
        if data["format"] > FORMAT:
            raise LocalProblem(
                msg("The job folder {folder} was created by a newer version of Farmhand.", folder=folder.name),
                "It cannot be submitted from this version.",
                "Update Farmhand, or submit the file again.",
            )
        if data.get(_RETIRED) and "ask_mode" not in data:
            data["ask_mode"] = ALWAYS
        data["package"] = Package(**json_members.known(Package, data["package"]))
        data["output"] = Output(**json_members.known(Output, data["output"]))
        return JobFile(**json_members.known(JobFile, data))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocalProblem(
            msg("The job folder {folder} is missing or damaged.", folder=folder.name),
            "This job cannot be submitted.",
            "Submit the file again.",
        ) from error


def _to_write(folder: Path, job: JobFile) -> dict[str, Any]:
    found, values = json_members.on_disk(folder / "job.json"), asdict(job)
    for name, kind in (("package", Package), ("output", Output)):
        values[name] = json_members.with_unknown(kind, found.get(name), values[name])
    return json_members.with_unknown(JobFile, found, values, retired=(_RETIRED,))
