"""Hands a job folder over to the courier. Runs inside Blender: standard library only."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..client import frame_ranges
from ..client.errors import LocalProblem
from . import render_settings
from .folder import job_folder
from .folder.job_folder import JobFile
from .journal.journal import Journal
from .journal.submission import Stage, Submission
from .process.file_lock import Lock
from .user_folder import UserFolder

_LOCK_SECONDS = 2.0


def enqueue(home: UserFolder, folder: Path) -> Submission:
    """Enter a finished job folder in the journal; from then on nothing of it is lost.

    Safe to repeat: for a known folder, its submission is returned as it is. Raises LocalProblem.
    """
    job = job_folder.read(folder)
    return _add(home, new_record(job))


def new_record(job: JobFile) -> Submission:
    """The journal's record of a job before any work on it."""
    now = time.time()
    return Submission(
        id=job.id,
        name=job.name,
        server_url=job.server_url,
        blend=job.blend,
        scene=job.scene,
        output_folder=job.output.folder,
        created=now,
        updated=now,
        needs_confirm=job.ask_mode != job_folder.NEVER,
        package_bytes=job.package.bytes,
        frames_total=len(job.frames),
    )


def send(
    home: UserFolder,
    server_url: str,
    package: Path,
    output: Path,
    frames: str,
    render_config: Mapping[str, Any] | None = None,
    ask_mode: str = job_folder.IF_WRONG,
) -> Submission:
    """Submit a .blend or .zip that is ready to render, for a studio's own script.

    Args:
        home, server_url: the user folder; address of the API, or `LOCAL`.
        package, output: the file; folder for frames.
        frames, render_config: as in ``1-10, 20``; members of requestedRenderConfig, in the contract's words.
        ask_mode: whether the job waits once the service has checked the file, as in `job_folder`.

    Raises:
        LocalProblem, ValueError: a file cannot be read or written; frames or a setting are invalid.
    """
    numbers = frame_ranges.parse(frames)
    render_settings.check_names(render_config or {})
    identity = job_folder.new_id()
    folder = home.job(identity)
    kind = package.suffix.lstrip(".").lower()
    packed = job_folder.Package(f"package.{kind}", kind, package.name, *_copied(package, folder / f"package.{kind}"))
    config = {"colorManagementPreset": "default", **(render_config or {}), "frameRanges": frame_ranges.ranges(numbers)}
    job = job_folder.JobFile(
        id=identity,
        name=package.stem,
        server_url=server_url,
        blend=str(package.absolute()),
        scene="",
        camera="",
        view_layer="",
        blender=[],
        blender_version="",
        package=packed,
        output=job_folder.Output(str(output.absolute())),
        render_config=config,
        frames=list(numbers),
        ask_mode=ask_mode,
    )
    job_folder.write(folder, job)
    return enqueue(home, folder)


def bring_job(
    home: UserFolder,
    server_url: str,
    job_id: str,
    output: Path,
    *,
    name: str = "",
    blender: Sequence[str] = (),
    total: int = 0,
) -> Submission:
    """Download a job's files to a folder, even if the job was submitted elsewhere. Safe to repeat.

    Args:
        home: the user folder.
        server_url: address of the API, or `LOCAL`.
        job_id: the service's name for it.
        output: folder for its files.
        name: for the job list; the job's id if empty.
        blender: the Blender command of *This Computer*'s farm.
        total: frames expected, 0 when unknown.

    Raises:
        LocalProblem: the job folder or the journal cannot be written.
    """
    with _alone(home):
        known = _known_job(home, server_url, job_id, output)
        return known or _new_bringing(home, server_url, job_id, output, name, blender, total)


def _new_bringing(
    home: UserFolder, server_url: str, job_id: str, output: Path, name: str, blender: Sequence[str], total: int
) -> Submission:
    identity = job_folder.new_id()
    place = job_folder.Output(folder=str(output.absolute()))
    job = job_folder.JobFile(
        id=identity,
        name=name or job_id,
        server_url=server_url,
        blend="",
        scene="",
        camera="",
        view_layer="",
        blender=list(blender),
        blender_version="",
        package=job_folder.Package("", "blend", "", 0, ""),
        output=place,
        render_config={},
        frames=[],
    )
    job_folder.write(home.job(identity), job)
    submission = replace(new_record(job), needs_confirm=False, stage=Stage.PULL, job_id=job_id, frames_total=total)
    return _add(home, submission)


@contextmanager
def _alone(home: UserFolder) -> Iterator[None]:
    """Keep other processes from submitting a job between the lookup whether it is known and its submission."""
    lock = Lock(home.folder / "bring.lock")
    if not lock.acquire(_LOCK_SECONDS):
        raise LocalProblem(
            f"Another process has been writing to {home.folder} for too long.",
            "Nothing was submitted.",
            "Try again in a moment. If the error persists, look for a stuck farmhand process.",
        )
    try:
        yield
    finally:
        lock.release()


def _copied(package: Path, target: Path) -> tuple[int, str, int]:
    """Copy a package into its job folder. Returns its size, checksum and time stamp there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package, target)
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = target.stat()
    except OSError as error:
        raise LocalProblem(
            f"{package} cannot be packed ({error.strerror}).",
            "Nothing was sent.",
            "Check the file and the free disk space.",
        ) from error
    return found.st_size, digest, found.st_mtime_ns


def _add(home: UserFolder, submission: Submission) -> Submission:
    with Journal(home.journal) as journal:
        if journal.add(submission):
            return submission
        return journal.submission(submission.id) or submission


def _known_job(home: UserFolder, server_url: str, job_id: str, output: Path) -> Submission | None:
    wanted = (server_url, job_id, str(output.absolute()))
    with Journal(home.journal) as journal:
        return next((x for x in journal.submissions() if (x.server_url, x.job_id, x.output_folder) == wanted), None)
