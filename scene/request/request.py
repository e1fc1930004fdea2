"""What the user wants to render. The button, Python and the command line create these requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ...jobs.folder.job_folder import IF_WRONG
from ...jobs.journal.submission import LOCAL


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """The request for one submission.

    scene: its name, or "" for the active one. name: shown in the job list, or "" for the file's name.
    camera, view_layer: names, or "" for what the scene uses. frames: as in ``1-10, 20``, or "" for the scene's range.
    overrides: members of requestedRenderConfig, as in the contract.
    output: a folder, optionally with the fields of `path_template`, or "" for where Blender itself would write.
    existing: "replace", "keep" or "ask".
    rest: frames that test frames leave for later, as in `frames`.
    ask_mode: when the job waits once the service has checked the file, as in `job_folder`.
    leave_out: missing files that the user knowingly renders without, absolute paths.
    allow_add_ons: on *This Computer*, the file runs its scripts, with the add-ons that the artist has enabled.
    part_of: ID of the first submission of the render that these frames complete, or "".
    pack_color_config: pack the OpenColorIO config in use, for Farmhand's own farms.
    mbit: upload speed in megabits per second, for the estimate; 0 if unknown.
    """

    scene: str = ""
    server_url: str = LOCAL
    name: str = ""
    camera: str = ""
    view_layer: str = ""
    frames: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    output: str = ""
    existing: str = "replace"
    color_management_preset: str = "default"
    ask_mode: str = IF_WRONG
    rest: str = ""
    part_of: str = ""
    leave_out: tuple[str, ...] = ()
    mbit: float = 0.0
    allow_add_ons: bool = False
    pack_color_config: bool = False

    @property
    def runs_scripts(self) -> bool:
        """Whether add-ons and scripts are allowed for this render: only on the artist's own computer."""
        return self.allow_add_ons and self.server_url == LOCAL

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> SubmitRequest:
        """From a JSON object; unknown members are ignored."""
        ours = {one.name for one in fields(cls)}
        values = {key: value for key, value in data.items() if key in ours and value is not None}
        if "leave_out" in values:
            values["leave_out"] = tuple(values["leave_out"])
        return cls(**values)
