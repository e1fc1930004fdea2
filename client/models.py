"""Typed models of what the API sends and accepts. docs/contract.md says which parts are documented, which our reading.

Unknown fields are kept, unknown words (a status, an enum value) survive, and everything that the documentation does not
require may be missing or unreadable (see tolerant.py). Counters are in progress.py.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import unquote

from pydantic import (
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from . import frame_ranges
from .progress import Progress as Progress
from .setting_limits import SETTINGS
from .statuses import FINAL_STATUSES, is_on_hold
from .tolerant import Answer, Count, Id, Seconds
from .tolerant import Model as Model

FileType = Literal["blend", "zip"]


def _limited(name: str) -> Any:
    limits = SETTINGS[name]
    if limits.kind is float:
        return Field(default=None, gt=limits.least, allow_inf_nan=False)
    return Field(default=None, ge=limits.least, le=limits.most)


_Side = Annotated[int, Field(ge=SETTINGS["resolution"].least, le=SETTINGS["resolution"].most)]


class UploadRequest(Model):
    """Body of POST /uploads."""

    file_name: str = Field(min_length=1, max_length=1024)
    file_type: FileType


class UploadTarget(Answer):
    """Where to PUT a package, once. upload_url is opaque and never gets the API key; slug creates the job."""

    marks = ({"uploadUrl", "slug"},)
    upload_url: str = Field(min_length=1)
    slug: str = Field(min_length=1)
    expires_at: datetime


class CreateJobRequest(Model):
    """Body of POST /jobs."""

    slug: str = Field(min_length=1)


class FailedReason(Answer):
    """Why a job failed; the vocabulary of type is undocumented."""

    name: str = ""
    type: str = ""


class JobOutput(Answer):
    """What the service says of a job's files."""

    is_deleted_for_client: bool = False


class Job(Answer):
    """A job of the service.

    status: one of the documented words, or a new one, which counts as on hold.
    normalized_seconds: render seconds adjusted for GPU speed. Sent by Farmhand's own farm only: page_url, for a
    browser; paused_reason, why nothing is rendered at the moment.
    """

    marks = ({"id", "status"},)
    id: Id
    status: str = Field(min_length=1)
    workspace_id: str
    created_at: datetime
    updated_at: datetime
    user_id: str | None = None
    root_folder_id: str | None = None
    normalized_seconds: Seconds | None = None
    preview_url: str | None = None
    page_url: str | None = None
    failed_reason: FailedReason | None = None
    paused_reason: Any = None
    requested_config: Any = None
    final_config: Any = None
    output: JobOutput | None = None
    is_analysis_skipped: bool | None = None
    analysis_id: str | None = None
    analysis: Any = None
    scene_file: Any = None

    @field_validator("failed_reason", mode="before")
    @classmethod
    def _reason_as_text(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value

    @property
    def is_over(self) -> bool:
        """Whether the status will not change any more."""
        return self.status in FINAL_STATUSES

    @property
    def is_on_hold(self) -> bool:
        """Whether the service has stopped work on it for now."""
        return is_on_hold(self.status)

    @property
    def is_deleted(self) -> bool:
        """Whether the service says that it no longer keeps the output."""
        return self.output is not None and self.output.is_deleted_for_client


class StartedJob(Job):
    """A job after a render request. is_replay: it was started before, so the config just sent has no effect."""

    is_replay: bool = Field(default=False, exclude=True)


class Pagination(Answer):
    """page counts from 1."""

    page: Count = 1
    page_size: Count = 0
    total: Count = 0
    total_pages: Count = 1


class JobPage(Answer):
    """One page of GET /jobs."""

    jobs: list[Job] = Field(default_factory=list)
    pagination: Pagination = Field(default_factory=Pagination)


class FrameOutput(Answer):
    """One file to download, a frame. relative_path and file_name come from a server: check before use.

    view: stereo suffix. composite_node_name does not tell a node's file from a frame; the list that it is in does.
    unreadable: files that Blender could not read for the frame; sent by Farmhand's own farm only, None if unknown.
    """

    is_frame: ClassVar[bool] = True
    url: str
    file_name: str | None = None
    view: str | None = None
    legacy: bool | None = None
    relative_path: str | None = None
    composite_node_name: str | None = None
    bytes: Count | None = None
    sha256: str | None = None
    unreadable: list[str] | None = None


class NodeOutput(FrameOutput):
    """One file to download that a compositor node wrote."""

    is_frame: ClassVar[bool] = False


class Transforms(Answer):
    """Outputs of the whole job; each may be missing. The members of video are undocumented."""

    frames_zip: str | None = None
    composite_nodes_zip: str | None = None
    video: dict[str, Any] | None = None
    frames_zip_outputs: FrameOutput | None = None
    composite_nodes_zip_outputs: FrameOutput | None = None


class Downloads(Answer):
    """GET /jobs/{id}/downloads. The lists without "outputs" in the name are the legacy ones: URLs only."""

    marks = (
        {"frames"},
        {"compositeNodes"},
        {"frameOutputs"},
        {"compositeNodeOutputs"},
    )
    frames: list[str] = Field(default_factory=list)
    composite_nodes: list[str] = Field(default_factory=list)
    transforms: Transforms | None = None
    frame_outputs: list[FrameOutput] | None = None
    composite_node_outputs: list[NodeOutput] | None = None

    @model_validator(mode="after")
    def _has_a_list(self) -> Self:
        lists = {"frames", "composite_nodes", "frame_outputs", "composite_node_outputs"}
        if not self.model_fields_set & lists:
            raise ValueError("no list")
        return self

    def all_outputs(self, *, is_final: bool = False) -> tuple[FrameOutput, ...]:
        """Every file, frames first: from the preferred lists, or from a legacy one where the preferred one is empty.

        is_final: whether the lists are complete; then files that only a legacy list has are included too.
        """
        new_frames, new_nodes = self.frame_outputs or [], self.composite_node_outputs or []
        taken = {_without_query(one.url) for one in (*new_frames, *new_nodes) if one.url} if is_final else None
        frames = _of_both(new_frames, [FrameOutput(url=url) for url in self.frames], taken)
        nodes = _of_both(new_nodes, [NodeOutput(url=url) for url in self.composite_nodes], taken)
        return (*frames, *nodes)


def _of_both(new: Sequence[FrameOutput], old: Sequence[FrameOutput], taken: Set[str] | None) -> Sequence[FrameOutput]:
    """The preferred list. If it is final and its links are a subset of the legacy list's, the other files of that list
    are added in its order: they include those whose preferred entry was unreadable, such as one without a link.

    taken: the links, without queries, of both preferred lists (frames and nodes); None if not final.
    """
    preferred, legacy = ([one for one in listed if one.url] for listed in (new, old))
    if not preferred or taken is None:
        return preferred or legacy
    objects, listed = ({_without_query(one.url): one for one in each} for each in (legacy, preferred))
    is_each_apart = len(objects) == len(legacy) and len(listed) == len(preferred)
    if not is_each_apart or not listed.keys() < objects.keys() or not all(map(_is_named_by_link, preferred)):
        return preferred
    return [listed.get(link, one) for link, one in objects.items() if link in listed or link not in taken]


def _is_named_by_link(one: FrameOutput) -> bool:
    """Whether its link ends in its name, or it has none: only then does a link identify the frame."""
    name = one.file_name or (one.relative_path or "").replace("\\", "/").rpartition("/")[2]
    return not name or unquote(name) == unquote(_without_query(one.url).rpartition("/")[2])


def _without_query(url: str) -> str:
    return url.partition("?")[0]


class OutputSettings(Model):
    """outputSettings of the render config; color_depth is a string in the contract."""

    color_mode: str | None = None
    color_depth: str | None = None
    exr_codec: str | None = None
    tiff_codec: str | None = None
    compression: int | None = _limited("outputSettings.compression")
    quality: int | None = _limited("outputSettings.quality")


OF_FARMS = frozenset({"split_frames", "same_device"})


class RenderConfig(Model):
    """requestedRenderConfig. Omitted members fall back to what validation found in the file.

    resolution: [x, y] in pixels. resolution_percentage: 1 to 32767. frame_ranges: see frame_ranges.
    split_frames, same_device: not in the contract, and sent to Farmhand farms only. A farm renders a single frame on
    all its slots, and keeps to one kind of device unless told otherwise.
    """

    color_management_preset: str = "default"
    frame_ranges: list[str] | None = None
    notes: str | None = None
    render_engine: str | None = None
    compositor_device: str | None = None
    compute_device_type: str | None = None
    denoising_enabled: bool | None = None
    denoiser_type: str | None = None
    gpu_count: int | None = _limited("gpuCount")
    sample_count: int | None = _limited("sampleCount")
    tile_size: int | None = _limited("tileSize")
    minimum_ram: int | None = _limited("minimumRam")
    fps: float | None = _limited("fps")
    use_tiling: bool | None = None
    resolution: list[_Side] | None = Field(default=None, min_length=2, max_length=2)
    resolution_percentage: int | None = _limited("resolutionPercentage")
    output_format: str | None = None
    output_settings: OutputSettings | None = None
    split_frames: bool | None = None
    same_device: bool | None = None

    def of_contract(self) -> RenderConfig:
        """Without the members that only our farm knows."""
        return RenderConfig(**{name: getattr(self, name) for name in self.model_fields_set - OF_FARMS})

    @field_validator("frame_ranges")
    @classmethod
    def _frames_can_be_read(cls, value: list[str] | None) -> list[str] | None:
        if value:
            frame_ranges.parse_all(value)
        return value

    @model_serializer(mode="wrap")
    def _always_with_the_required_member(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        name = "colorManagementPreset" if info.by_alias else "color_management_preset"
        return {name: self.color_management_preset, **handler(self)}


class RenderRequest(Model):
    """Body of POST /jobs/{id}/render."""

    requested_render_config: RenderConfig
