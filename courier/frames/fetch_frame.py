"""Downloads one file: fetched under a temporary name, verified, then atomically moved to its real name."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...client import files
from ...client.errors import LocalProblem, Malformed
from ...client.message import msg
from ...client.retry import Backoff, with_retries
from ...client.transfer.download import Fetched, fetch
from ...jobs.folder.frame_names import free_path
from ...jobs.journal.submission import FrameRecord, FrameState
from ..job.context import JobContext
from . import safe_paths, same_disk
from .destinations import Destination
from .sampled_frames import FrameSampler
from .suspicion import FaultColors
from .verify import Expected, Verdict, sha256_of, verify

TRIES = 4
_TRY_AGAIN_SECONDS = 0.2
_OF_A_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
"""Too long, not in the disk's encoding, below a file, in place of a folder."""
_OF_A_NAME_ON_WINDOWS = (123, 206)
"""Characters that Windows forbids in names; a path that is too long."""
_NEW_NAMES = threading.Lock()
"""Held from checking a name until it is taken: several jobs may download the same frames at once."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DownloadedFrame:
    """A downloaded file, and how many bytes that took. modified_ns: its time stamp on disk, 0 if it was not saved."""

    record: FrameRecord
    bytes_moved: int
    modified_ns: int = 0


def download_frame(
    context: JobContext, submission_id: str, target: Destination, sampler: FrameSampler, *, may_replace: bool = True
) -> DownloadedFrame:
    """Fetch, verify, move. A broken file is fetched again; one that is unreadable as the service sent it is suspect,
    and one that this disk cannot store under its name is rejected.

    Args:
        target: where it comes from and where it goes.
        sampler: chooses the frames whose pixels are searched for the colors of faults.
        may_replace: whether another file that has the name by then is replaced; else the new one gets another name.

    Raises:
        Malformed: the bytes that arrive are not the service's; and what `fetch` raises.
    """
    assert target.path is not None
    if refused := _link_that_leads_outside(context, target, target.path):
        return DownloadedFrame(_rejected(submission_id, target, refused), 0)
    partial = safe_paths.partial(target.path, submission_id)
    try:
        verdict, moved = _download(context, target, target.path, partial, sampler)
        path = _move(partial, target.path, verdict, may_replace=may_replace)
    except LocalProblem as problem:
        if not _is_of_its_name(problem.__cause__, target.path, Path(context.job.output.folder)):
            raise
        with suppress(OSError):
            files.remove(partial, wait_seconds=0)
        return DownloadedFrame(_rejected(submission_id, target, problem), 0)
    sampler.saw(verdict)
    state = FrameState.SUSPECT if verdict.suspect else FrameState.DOWNLOADED
    record = FrameRecord(
        submission_id, target.name, str(path), target.frame, state, verdict.bytes, verdict.sha256, verdict.suspect
    )
    return DownloadedFrame(record, moved, _modified_ns(path))


def _rejected(submission_id: str, target: Destination, problem: LocalProblem) -> FrameRecord:
    return FrameRecord(submission_id, target.name, "", target.frame, FrameState.REJECTED, reason=problem.what)


def _link_that_leads_outside(context: JobContext, target: Destination, path: Path) -> LocalProblem | None:
    """A folder may have become a link since the path was chosen. That of the scene's own pattern is the artist's."""
    output = context.job.output
    folder = Path(output.folder)
    if path.is_relative_to(folder) and all(path.parent != Path(pattern).parent for pattern in output.patterns):
        try:
            safe_paths.check_links(target.name, folder, path)
        except LocalProblem as problem:
            return problem
    return None


def _download(
    context: JobContext, target: Destination, path: Path, partial: Path, sampler: FrameSampler
) -> tuple[Verdict, int]:
    """The verdict on the file under its temporary name, and how many bytes arrived."""
    _make_folder(path.parent)
    expected = _expected(context, target)
    moved = 0
    digests: list[str] = []

    def colors() -> FaultColors | None:
        return sampler.colors_for(target.name, is_all_read=target.output.unreadable == [])

    for left in reversed(range(TRIES)):
        moved += (not digests and _copied(context, target, partial)) or _fetch(context, target, partial)
        verdict = _on_disk(partial, lambda: verify(partial, expected, colors=colors()))
        if not verdict.broken:
            break
        is_as_sent = verdict.sha256 in (expected.sha256.lower(), *digests) and expected.bytes in (0, verdict.bytes)
        digests.append(verdict.sha256)
        if is_as_sent and expected.sha256.lower() in ("", verdict.sha256):
            verdict = Verdict(
                verdict.sha256, verdict.bytes, suspect=msg("It cannot be opened: {reason}.", reason=verdict.broken)
            )
            break
        _on_disk(partial, lambda: files.remove(partial, missing_ok=True))
        if not left:
            raise _damaged(target, verdict)
    return verdict, moved


def _move(partial: Path, path: Path, verdict: Verdict, *, may_replace: bool) -> Path:
    """Give the file its name, or a free one if another job's frame has taken it since the list was read."""
    with nullcontext() if may_replace else _NEW_NAMES:
        if not may_replace and _on_disk(path, lambda: path.exists() and sha256_of(path) != verdict.sha256):
            path = free_path(path)
        _on_disk(path, lambda: files.replace(partial, path))
    return path


def _is_of_its_name(error: BaseException | None, path: Path, chosen: Path) -> bool:
    """Whether the error is about this one name, and not about the disk or the folder that the user chose."""
    folder = chosen if path.is_relative_to(chosen) else path.parent
    try:
        return isinstance(error, OSError) and _says_name(error) and folder.is_dir()
    except OSError:
        return False


def _says_name(error: OSError) -> bool:
    return error.errno in _OF_A_NAME or getattr(error, "winerror", None) in _OF_A_NAME_ON_WINDOWS


def _copied(context: JobContext, target: Destination, partial: Path) -> int:
    """Copy the file from the folder of a farm on this computer. Returns its bytes, or 0."""
    objects = context.server.objects
    return same_disk.bring(target.output.url, objects, partial, context.control.token) if objects else 0


def _fetch(context: JobContext, target: Destination, partial: Path) -> int:
    """Fetch with a few quick retries. Returns the bytes that arrived. The runner waits if the service says so."""
    before = _size(partial)

    def once() -> Fetched:
        context.control.check()
        return fetch(
            target.output.url,
            partial,
            expected_bytes=target.output.bytes,
            cancel=context.control.token,
            pool=context.pool,
            given_by=context.links_come_from,
            limit=context.limit,
        )

    quick = Backoff(_TRY_AGAIN_SECONDS, 4 * _TRY_AGAIN_SECONDS)
    fetched = with_retries(once, tries=TRIES, backoff=quick, wait=context.control.wait)
    return fetched.bytes - min(before, fetched.resumed_at)


def _expected(context: JobContext, target: Destination) -> Expected:
    """What the file must be. Compositor nodes choose their own size, views of one frame share it."""
    output, here = target.output, context.job.output
    is_frame = output.is_frame
    width, height = (here.width, here.height) if is_frame else (0, 0)
    return Expected(output.bytes or 0, output.sha256 or "", width, height, tuple(output.unreadable or ()))


def _make_folder(folder: Path) -> None:
    _on_disk(folder, lambda: folder.mkdir(parents=True, exist_ok=True))


def _on_disk(path: Path, act: Callable[[], T]) -> T:
    try:
        return act()
    except OSError as error:
        raise LocalProblem(
            msg("Could not write or read {path} ({reason}).", path=path, reason=error.strerror),
            "The download stopped. Downloaded frames are kept, and the render continues on the server.",
            "Free some disk space, close programs that are using the file, or check the folder's permissions, "
            "then retry.",
        ) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _modified_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _damaged(target: Destination, verdict: Verdict) -> Malformed:
    return Malformed(
        msg("{name} was damaged in transfer: {reason}.", name=target.name, reason=verdict.broken),
        "Other frames and the render are not affected.",
        "Farmhand will try again. If the error persists, something between this computer and the server is altering "
        "files.",
    )
