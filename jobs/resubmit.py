"""Submits the package of a job folder once more, for other frames or the same ones. Standard library only.

The API does not say whether an upload may be used again: the service is asked first, and the package is uploaded again
if it refuses.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..client import frame_ranges
from ..client.errors import LocalProblem
from ..client.message import Message, msg
from .folder import job_folder, manifest
from .folder.job_folder import JobFile, Output
from .journal.journal import Journal
from .journal.submission import LOCAL, Stage, Submission
from .submit import new_record
from .user_folder import UserFolder

REUSED = msg("Reusing the package of {name}.")
"""The remark on a new submission. With a slug it tells the courier that the slug made a job before: a refusal then
means that the package must be uploaded again."""


def resubmit(
    home: UserFolder,
    before: Submission,
    frames: Collection[int],
    name: str,
    *,
    existing: str = "replace",
    here: Output | None = None,
    purpose: str = "",
) -> Submission:
    """Submit frames again, from the package of an earlier submission.

    Args:
        home: where both have their job folders.
        before: the earlier one.
        frames: numbers to render.
        name: of the new one.
        existing: what to do with existing files, as in `job_folder.Output`.
        here: where to save frames; renders on *This Computer*, wherever the earlier one was rendered.
        purpose: as in `job_folder.JobFile`.

    Raises:
        LocalProblem: the package is gone, or the job folder cannot be written.
    """
    job = job_folder.read(home.job(before.id))
    wanted = replace(
        job,
        id=job_folder.new_id(),
        name=name,
        frames=sorted(frames),
        rest=[],
        render_config={**job.render_config, "frameRanges": frame_ranges.ranges(frames)},
        output=here or replace(job.output, existing=existing),
        part_of=job.part_of or before.id,
        purpose=purpose,
    )
    if here is not None:
        wanted = replace(wanted, server_url=LOCAL, ask_mode=job_folder.NEVER)
    _share_package(home.job(before.id), home.job(wanted.id), job)
    job_folder.write(home.job(wanted.id), wanted)
    with Journal(home.journal) as journal:
        submission = _submission(before, wanted)
        journal.add(submission, REUSED.filled({"name": before.name}))
        return submission


def is_remark(text: str) -> bool:
    """Whether a text of the journal is that remark."""
    return isinstance(text, Message) and text.template == REUSED.template


def _submission(before: Submission, job: JobFile) -> Submission:
    """The record of a job that reuses the package of an earlier one, and its upload if the server is the same."""
    slug = before.slug if job.server_url == before.server_url else ""
    return replace(
        new_record(job),
        needs_confirm=_needs_confirm(before, job),
        stage=Stage.CREATE if slug else Stage.UPLOAD,
        slug=slug,
        upload_done=job.package.bytes if slug else 0,
    )


def _needs_confirm(before: Submission, job: JobFile) -> bool:
    """A user who rendered a package despite its findings is not asked about them again."""
    return job.ask_mode == job_folder.ALWAYS or (job.ask_mode == job_folder.IF_WRONG and before.needs_confirm)


def _share_package(source: Path, target: Path, job: JobFile) -> None:
    names = {"manifest.json"}
    if job.package.is_streamed:
        names |= {entry.staged for entry in manifest.read(source) if entry.staged}
    else:
        names.add(job.package.file)
    target.mkdir(parents=True, exist_ok=True)
    try:
        for name in sorted(names):
            _share(source / name, target / name)
    except OSError as error:
        raise LocalProblem(
            msg("The package of the earlier job no longer exists ({reason}).", reason=error.strerror),
            "Nothing was sent.",
            "Submit the file again.",
        ) from error


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another drive, or a file system without links
        shutil.copy2(source, target)
