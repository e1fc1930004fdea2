"""What a worker may answer. It has read files of strangers, so its answers are not trusted either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from ....client import plain_text
from ... import plain_json
from ..backend import WorkFailed

PREVIEW = "preview.png"
"""Where a worker puts the small picture of a frame, in the frame's folder."""
_RECORD_BYTES = 256 * 1024
_PATH_BYTES, _NAME_BYTES = 1024, 255
"""The latter is Linux's limit. Nodes name files too, on other systems than the farm's."""
_LAST_FRAME = 1_048_574
"""Blender's own limit."""
_FOLDERS = re.compile(r"(?<![\w/:])/(?:[^/\s\"'“”]+/)+|\b[A-Za-z]:\\(?:[^\\\s\"'“”]+\\)+")
"""Of absolute paths: clients do not learn where a farm keeps its files."""


Seconds = Annotated[float, Field(ge=0, le=366 * 24 * 3600.0)]
"""More, even if it is finite, could add up to what cannot be sent."""
Frame = Annotated[int, Field(ge=-_LAST_FRAME, le=_LAST_FRAME)]
Name = Annotated[str, Field(max_length=255), AfterValidator(plain_json.name)]
"""One that a scene chose: pages, terminals and logs show it."""
Unreadable = Annotated[list[Name] | None, Field(max_length=100)]
"""Names of what Blender could not read; None where unknown."""


class FileAnswer(BaseModel):
    """relative_path: below the frame's folder, in results and on disk. file_name: its name according to the scene."""

    model_config = ConfigDict(populate_by_name=True)
    relative_path: str = Field(alias="relativePath", min_length=1, max_length=1024)
    file_name: Name | None = Field(alias="fileName", default=None, min_length=1)
    view: Name | None = None
    node: Name | None = None

    @field_validator("relative_path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        parts = value.split("/")
        if PurePosixPath(value).is_absolute() or any(part in ("", ".", "..") or "\\" in part for part in parts):
            raise ValueError("leaves the folder")
        if plain_json.name(value) != value:
            raise ValueError("holds characters that are not shown")
        if len(value.encode()) > _PATH_BYTES or any(len(part.encode()) > _NAME_BYTES for part in parts):
            raise ValueError("is longer than the farm's disk allows")
        return value

    @field_validator("file_name")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and ("/" in value or "\\" in value or value in (".", "..")):
            raise ValueError("is a path")
        return value


class FrameAnswer(BaseModel):
    """seconds: of only the render. has_preview: whether one was written. unreadable: as in Rendered."""

    model_config = ConfigDict(populate_by_name=True)
    files: list[FileAnswer] = Field(min_length=1, max_length=plain_json.MAX_ITEMS)
    seconds: Seconds
    has_preview: bool = Field(alias="hasPreview", default=False)
    unreadable: Unreadable = None


class _Analysis(BaseModel):
    """The members of an analysis that the farm computes with."""

    frame_start: Frame = Field(alias="frameStart")
    frame_end: Frame = Field(alias="frameEnd")
    frame_step: Annotated[int, Field(ge=0, le=_LAST_FRAME)] = Field(alias="frameStep")


class _FinalConfig(BaseModel):
    """The same of a final config."""

    fps: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class MovieAnswer(BaseModel):
    """width, height: in pixels."""

    frames: int = Field(ge=1)
    fps: float = Field(gt=0, allow_inf_nan=False)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


def frame(answer: Mapping[str, Any]) -> FrameAnswer:
    """Raises WorkFailed."""
    try:
        return FrameAnswer.model_validate(answer)
    except ValidationError as error:
        raise strange() from error


def analysis(answer: Mapping[str, Any]) -> dict[str, Any]:
    """As `record`, with numbers that the farm may compute with. Raises WorkFailed."""
    return _checked(record(answer, "analysis"), _Analysis)


def final_config(answer: Mapping[str, Any]) -> dict[str, Any]:
    """As `record`, with numbers that the farm may compute with. Raises WorkFailed."""
    return _checked(record(answer, "finalConfig"), _FinalConfig)


def _checked(found: dict[str, Any], kind: type[BaseModel]) -> dict[str, Any]:
    try:
        kind.model_validate(found, strict=True)
    except ValidationError as error:
        raise strange() from error
    return found


def movie(answer: Mapping[str, Any]) -> MovieAnswer:
    """Raises WorkFailed."""
    try:
        return MovieAnswer.model_validate(answer.get("movie"))
    except ValidationError as error:
        raise strange() from error


def record(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An analysis or a final config, small enough to be kept. Raises WorkFailed."""
    value = answer.get(name)
    if not isinstance(value, dict):
        raise strange()
    return plain_json.shrunk(value, _RECORD_BYTES)


def failure(answer: Mapping[str, Any]) -> WorkFailed:
    """The error that a worker sends instead of an answer.

    What a Blender refuses, it will refuse again; an exception may be accidental.
    """
    name, kind = str(answer.get("name") or "Blender gave no reason."), str(answer.get("type") or "blender_error")
    name = _FOLDERS.sub("", name[: plain_json.MAX_TEXT])
    return WorkFailed(plain_text.tidy(name), plain_text.tidy(kind, 40), is_final=kind != "blender_error")


def strange() -> WorkFailed:
    """The error for an answer that no worker of ours gives."""
    return WorkFailed("Blender's answer could not be understood.", "bad_answer")
