"""The documented samples, and each member in them: where it stands, of which model it is, and what may replace it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from farmhand.client.models import Downloads, Job, JobPage, StartedJob, UploadTarget
from farmhand.client.tolerant import Answer
from farmhand.client.webhooks import Delivery

SAMPLES = Path(__file__).with_name("samples")
REQUIRED = {
    "Job": {"id", "status", "workspaceId", "createdAt", "updatedAt"},
    "StartedJob": {"id", "status", "workspaceId", "createdAt", "updatedAt"},
    "UploadTarget": {"uploadUrl", "slug", "expiresAt"},
    "Delivery": {"event", "jobId"},
    "DeliveryOutputs": {"frames"},
    "FrameOutput": {"url"},
    "NodeOutput": {"url"},
}
ABSENT = object()
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2.5,
    10**40,
    1e308,
    "",
    "ſomething else",
    [],
    ["x"],
    {},
    {"x": [1]},
)

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Sample:
    """One documented answer. inside: the path to the object that model reads; call: a method of Service."""

    file: str
    call: str
    model: type[Answer]
    inside: Path_ = ()

    @property
    def name(self) -> str:
        return self.file.partition(".")[0]

    def content(self) -> Any:
        """As the reference shows it, with a link for each <string> that is one, and three entries in each list."""
        return _lived_in(json.loads((SAMPLES / self.file).read_text(encoding="utf-8")), ())


SAMPLES_OF_CALLS = (
    Sample("post_uploads.200.json", "request_upload", UploadTarget),
    Sample("post_jobs.200.json", "create_job", Job),
    Sample("get_job.200.json", "job", Job, ("data",)),
    Sample("get_jobs.200.json", "list_jobs", JobPage),
    Sample("post_render.200.json", "render", StartedJob),
    Sample("get_downloads.200.json", "downloads", Downloads),
)
WEBHOOK = Sample("webhook_on_render_complete.json", "", Delivery)


@dataclass(frozen=True)
class Member:
    """A member that an answer can do without. entry_of: it is the first entry of that list, which has others."""

    sample: Sample
    path: Path_
    model: str
    field: str
    value: Any
    entry_of: bool = False

    def __str__(self) -> str:
        return f"{self.sample.name}: {'.'.join(map(str, self.path))}"

    def in_place(self, value: Any) -> Any:
        """The sample with another value, or ABSENT, here."""
        return replaced(self.sample.content(), self.path, value)

    def changes(self) -> Iterator[Any]:
        """Absent, and one value of each JSON type but its own."""
        yield ABSENT
        yield from (other for other in OTHERS if not self.is_typed_alike(other))

    def is_typed_alike(self, other: Any) -> bool:
        numbers = (int, float)
        if isinstance(self.value, numbers) and not isinstance(self.value, bool):
            return isinstance(other, numbers) and not isinstance(other, bool)
        return type(other) is type(self.value)


def optional_members(sample: Sample) -> list[Member]:
    """Every member of a sample, and of the objects and lists in it, that the reference does not require."""
    value = at(sample.content(), sample.inside)
    return list(_members(sample, sample.inside, value, sample.model))


def required_members(sample: Sample) -> list[Path_]:
    value = at(sample.content(), sample.inside)
    return [(*sample.inside, name) for name in value if name in REQUIRED.get(sample.model.__name__, ())]


def at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def replaced(content: Any, path: Path_, value: Any) -> Any:
    """A copy with another value at a path, or without that member."""
    content = copy.deepcopy(content)
    place = at(content, path[:-1])
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return content


def _members(sample: Sample, path: Path_, value: Mapping[str, Any], model: type[Answer]) -> Iterator[Member]:
    fields = {field.alias or name: (name, field) for name, field in model.model_fields.items()}
    for alias, member in value.items():
        name, field = fields[alias]
        here = (*path, alias)
        if alias not in REQUIRED.get(model.__name__, ()):
            yield Member(sample, here, model.__name__, name, member)
        inner = _model_in(field.annotation)
        if isinstance(member, list):
            if member:
                yield Member(sample, (*here, 0), model.__name__, name, member[0], entry_of=True)
            here, member = (*here, 0), member[0] if member else {}
        if inner is not None and isinstance(member, dict):
            yield from _members(sample, here, member, inner)


def _model_in(annotation: Any) -> type[Answer] | None:
    if isinstance(annotation, type) and issubclass(annotation, Answer):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)


def _lived_in(value: Any, path: Path_) -> Any:
    if isinstance(value, dict):
        return {name: _lived_in(each, (*path, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_lived_in(value[0], (*path, number)) for number in range(3)]
    if value == "<string>":
        return f"https://files.example/{'/'.join(map(str, path))}.png?token=abc"
    return value
