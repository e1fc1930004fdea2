"""Saves what the service reports about a job, to be shown elsewhere (see jobs/folder/service_report.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ...client.models import Job, RenderConfig
from ...client.plain_text import tidy
from ...jobs.folder import service_report
from ...jobs.folder.job_folder import JobFile
from ...jobs.folder.service_report import ServiceReport
from ..job.context import JobContext
from . import analysis, expectation, members, preview
from .members import Found

_MOST_MISSING = 100
_MOST_NOTICES = 40
_OTHER_NAMES = {"samplecount": ("samples",), "renderengine": ("engine",)}
"""Other names that services use for settings."""


def record(context: JobContext, job: Job) -> bool:
    """Update the report. Returns whether something in it changed."""
    before = service_report.read(context.folder)
    after = of_job(job, context.job, before)
    if after == before:
        return False
    return service_report.write(context.folder, after)


def record_preview(context: JobContext, job: Job) -> bool:
    """Fetch the job's image, unless it is here. Returns whether it was fetched. Takes `preview.SECONDS` at most."""
    before = service_report.read(context.folder)
    if before.preview or not job.preview_url:
        return False
    name = preview.fetch_preview(context, job.preview_url)
    return bool(name) and service_report.write(context.folder, replace(before, preview=name))


def of_job(job: Job, sent: JobFile, before: ServiceReport = service_report.NOTHING) -> ServiceReport:
    """The report of a job as it is now.

    Args:
        job: as the service sent it, its texts untrusted.
        sent: what was asked for, to say what differs.
        before: the earlier report; what the job leaves out is kept.
    """
    told, final = members.find(job.analysis, sent.scene), members.find(job.final_config)
    missing, reason = analysis.missing_files(told), job.failed_reason
    notices = [*analysis.notices(told), *analysis.notices(final)]
    return ServiceReport(
        analysis=tuple(analysis.facts(job.analysis)) if job.analysis else before.analysis,
        missing=tuple(missing[:_MOST_MISSING]) if job.analysis else before.missing,
        missing_count=len(missing) if job.analysis else before.missing_count,
        unexpected=expectation.unexpected(job.analysis, sent) if job.analysis else before.unexpected,
        used=tuple(_used(final, sent)) if final else before.used,
        notices=tuple(dict.fromkeys(notices))[:_MOST_NOTICES] or before.notices,
        failed_name=tidy(reason.name) if reason else before.failed_name,
        failed_type=tidy(reason.type) if reason else before.failed_type,
        preview=before.preview,
    )


def _used(final: Found, sent: JobFile) -> Iterator[tuple[str, str, str]]:
    """Settings in use that differ from those asked for: overrides, or the scene's own if nothing is overridden."""
    asked = _flat({**sent.expected, **sent.render_config})
    for name in dict.fromkeys((*asked, *_vocabulary())):
        plain = members.plain_name(name)
        value = final.member((plain, *_OTHER_NAMES.get(plain, ())))
        if value is None or isinstance(value, dict) or _is_same(name, value, asked.get(name)):
            continue
        yield analysis.words(name), analysis.shown(asked.get(name)), analysis.shown(value)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without groups, and without members that the config does not have."""
    image = config.get("outputSettings") or {}
    return {name: value for name, value in {**config, **image}.items() if name in _vocabulary()}


def _vocabulary() -> tuple[str, ...]:
    """The names of all settings, in the contract's words."""
    names = [field.alias or "" for field in RenderConfig.model_fields.values()]
    image = ("colorMode", "colorDepth", "exrCodec", "tiffCodec", "compression", "quality")
    return (*(name for name in names if name not in ("outputSettings", "notes")), *image)


def _is_same(name: str, used: object, asked: object) -> bool:
    if asked is None:
        return False
    if name == "frameRanges":
        return bool(analysis.frames(used) == analysis.frames(asked))
    if name == "computeDeviceType" and (used, asked) in (("NONE", "CPU"), ("CPU", "NONE")):
        return True
    if isinstance(used, str) and isinstance(asked, str):
        return used.casefold() == asked.casefold()
    if isinstance(used, int | float) and isinstance(asked, int | float):
        with suppress(OverflowError):  # an integer that is too large for a float
            return abs(used - asked) < 0.001
    return used == asked
