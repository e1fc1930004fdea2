"""What the API sends and takes, typed.  docs/contract.md tells which part is documented and which is our reading.

Unknown fields are kept, unknown words (a status, an enum value) survive, and everything that the documentation does not
require may be missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from . import frame_ranges

IN_PROGRESS_STATUSES = frozenset({"created", "validating", "validated", "booting", "rendering", "finalizing"})
FINAL_STATUSES = frozenset({"completed", "failed", "canceled"})
FileType = Literal["blend", "zip"]
_Side = Annotated[int, Field(ge=4, le=65536)]


class Model(BaseModel):
    """Base: camelCase on the wire, snake_case here, immutable, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, protected_namespaces=()
    )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object as it travels, without the fields that were never set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class UploadRequest(Model):
    """Body of POST /uploads."""

    file_name: str = Field(min_length=1, max_length=1024)
    file_type: FileType


class UploadTarget(Model):
    """Where the one PUT goes.  upload_url is opaque and never gets the API key; slug then makes the job."""

    upload_url: str
    slug: str
    expires_at: datetime | None = None


class CreateJobRequest(Model):
    """Body of POST /jobs."""

    slug: str = Field(min_length=1)


class FailedReason(Model):
    """Why a job failed; the vocabulary of type is undocumented."""

    name: str = ""
    type: str = ""


class Job(Model):
    """A job of the service.

    status: one of the documented words, or a new one, which counts as still going.
    normalized_seconds: render seconds adjusted for GPU speed.  page_url: for a browser; Farmhand's own farm has one.
    """

    id: str
    status: str
    workspace_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    user_id: str | None = None
    root_folder_id: str | None = None
    normalized_seconds: float | None = None
    preview_url: str | None = None
    page_url: str | None = None
    failed_reason: FailedReason | None = None
    requested_config: Any = None
    final_config: Any = None
    output: Any = None
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
    def is_deleted(self) -> bool:
        """Whether the service says that it no longer keeps the output."""
        return isinstance(self.output, dict) and bool(self.output.get("isDeletedForClient"))


class Pagination(Model):
    """page counts from 1."""

    page: int = 1
    page_size: int = 0
    total: int = 0
    total_pages: int = 1


class JobPage(Model):
    """One page of GET /jobs."""

    jobs: list[Job] = Field(default_factory=list)
    pagination: Pagination = Field(default_factory=Pagination)


class Progress(Model):
    """Counters of one running job; all undocumented, so each may be missing."""

    job_id: str | None = None
    status: str | None = None
    frames_total: int | None = None
    frames_completed: int | None = None
    frames_rendering: int | None = None
    frames_failed: int | None = None
    updated_at: datetime | None = None


class FrameOutput(Model):
    """One file to pull.  relative_path and file_name come from a server: check before use.  view: stereo suffix."""

    url: str
    file_name: str | None = None
    view: str | None = None
    legacy: bool | None = None
    relative_path: str | None = None
    composite_node_name: str | None = None
    bytes: int | None = None
    sha256: str | None = None


class Transforms(Model):
    """Whole-job outputs; each may be missing."""

    frames_zip: str | None = None
    composite_nodes_zip: str | None = None
    video: str | None = None
    frames_zip_outputs: Any = None
    composite_nodes_zip_outputs: Any = None


class Downloads(Model):
    """GET /jobs/{id}/downloads.  The lists without "outputs" in the name are the legacy ones: URLs alone."""

    frames: list[str] = Field(default_factory=list)
    composite_nodes: list[str] = Field(default_factory=list)
    transforms: Transforms | None = None
    frame_outputs: list[FrameOutput] | None = None
    composite_node_outputs: list[FrameOutput] | None = None

    @field_validator("frames", "composite_nodes", mode="before")
    @classmethod
    def _none_is_empty(cls, value: object) -> object:
        return [] if value is None else value

    def all_outputs(self) -> tuple[FrameOutput, ...]:
        """Every file, from the preferred lists where they exist, else from the legacy ones."""
        frames = self.frame_outputs if self.frame_outputs is not None else [FrameOutput(url=u) for u in self.frames]
        nodes = self.composite_node_outputs
        if nodes is None:
            nodes = [FrameOutput(url=u) for u in self.composite_nodes]
        return (*frames, *nodes)


class OutputSettings(Model):
    """outputSettings of the render config; color_depth is a string in the contract."""

    color_mode: str | None = None
    color_depth: str | None = None
    exr_codec: str | None = None
    tiff_codec: str | None = None
    compression: int | None = Field(default=None, ge=0, le=100)
    quality: int | None = Field(default=None, ge=0, le=100)


class RenderConfig(Model):
    """requestedRenderConfig.  What is left out falls back to what validation found in the file.

    resolution: [x, y] in pixels.  resolution_percentage: 1 to 32767.  frame_ranges: see frame_ranges.
    """

    color_management_preset: str = "default"
    frame_ranges: list[str] | None = None
    notes: str | None = None
    render_engine: str | None = None
    compositor_device: str | None = None
    compute_device_type: str | None = None
    denoising_enabled: bool | None = None
    denoiser_type: str | None = None
    gpu_count: int | None = Field(default=None, ge=0)
    sample_count: int | None = Field(default=None, ge=1)
    tile_size: int | None = Field(default=None, ge=8)
    minimum_ram: int | None = Field(default=None, ge=0)
    fps: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    use_tiling: bool | None = None
    resolution: list[_Side] | None = Field(default=None, min_length=2, max_length=2)
    resolution_percentage: int | None = Field(default=None, ge=1, le=32767)
    output_format: str | None = None
    output_settings: OutputSettings | None = None

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
