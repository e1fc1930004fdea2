"""What the user asks to have rendered. The button, Python and the command line make these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ...jobs.folder.job_folder import IF_WRONG
from ...jobs.journal.submission import LOCAL


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """One submission to be made.

    scene: its name, or "" for the active one. name: shown in the job list, or "" for the file's name.
    camera, view_layer: names, or "" for what the scene uses. frames: as in ``1-10, 20``, or "" for the scene's range.
    overrides: members of requestedRenderConfig, in the contract's words.
    output: a folder, with the fields of `folder_name` where wanted, or "" for where Blender itself would write.
    existing: "replace", "keep" or "ask".
    rest: frames that test frames leave out for later, as in `frames`.
    ask_mode: when the job waits once the service has checked the file, as in `job_folder`.
    leave_out: missing files that the user knowingly renders without, absolute paths.
    allow_add_ons: on *This Computer*, the file runs its scripts, with the add-ons that the artist has enabled.
    part_of: id of the first submission of the render whose other frames exist, or "".
    pack_color_config: the OpenColorIO config in use goes into the package, for Farmhand's own farms.
    mbit: megabits per second that the line can send, for the estimate; 0 when not known.
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
        """Whether add-ons and scripts are allowed where this is rendered: never away from the artist's computer."""
        return self.allow_add_ons and self.server_url == LOCAL

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> SubmitRequest:
        """From a JSON object; members that are not ours are ignored."""
        ours = {one.name for one in fields(cls)}
        values = {key: value for key, value in data.items() if key in ours and value is not None}
        if "leave_out" in values:
            values["leave_out"] = tuple(values["leave_out"])
        return cls(**values)
