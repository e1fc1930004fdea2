"""Downloads what a job has so far: several files at a time, each recorded before it is fetched and once it is saved."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from ...client import files
from ...client.errors import STALE_LINK, FarmhandError, LocalProblem
from ...client.message import msg
from ...client.models import FrameOutput
from ...jobs.folder.frame_names import free_path
from ...jobs.journal.submission import IN_PLACE, FrameRecord, FrameState, Submission
from ..job.context import SAVE_SECONDS, JobContext, Throttle
from ..job.control import Interrupted
from . import output_drive, safe_paths
from .destinations import Destination, plan_destinations
from .fetch_frame import DownloadedFrame, download_frame
from .output_names import is_of_node
from .replacing import that_replace_nothing
from .sampled_frames import FrameSampler
from .suspicion import FaultColors

SLICE_SECONDS = 5.0
"""No new file is started after this time: links get old, and the job must be polled."""
LOOK_BACK_SECONDS = 15.0
"""Longest search of earlier files for signs of a fault; no new file is started meanwhile."""
SPARE_BYTES = 64 * 1024 * 1024
EXPIRED_IN_A_ROW = 2
STALE_LIMIT = 5
"""How many lists of links in a row may expire before a single file arrives."""


class ExistingFiles(Exception):
    """Other files exist where frames should go, and the user wants to be asked."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(msg("{count} files already exist", count=len(paths)))
        self.paths = list(paths)


class Downloader:
    """Downloads the files of one submission as they become ready."""

    def __init__(self, context: JobContext, submission: Submission) -> None:
        self._context = context
        self._id = submission.id
        self._records = {record.name: record for record in context.journal.frames(submission.id)}
        self._replaces_nothing = set[str]()
        self._sampler = FrameSampler(FaultColors.from_measured(context.job.fault_colors))
        self._sampler.recall(self._records.values())
        self._stale = 0
        self._stale_names = set[str]()
        self._expired: Exception | None = None
        self._held: Exception | None = None
        self._expired_in_a_row = 0
        self._bytes_before = submission.bytes_pulled

    def count(self, submission: Submission) -> Submission:
        """The submission with its downloaded frames counted; a frame may have several files."""
        frames = dict[int | str, set[FrameState]]()
        for name, record in self._records.items():
            frames.setdefault(name if record.frame is None else record.frame, set()).add(record.state)
        counted = self._frame_records()
        beauty = {record.name if record.frame is None else record.frame for record in counted}
        return submission.with_(
            frames_done=sum(_is_here(states) for frame, states in frames.items() if frame in beauty),
            frames_suspect=sum(FrameState.SUSPECT in states for states in frames.values()),
            bytes_pulled=self._bytes_before,
            frames_total=max(submission.frames_total, len(beauty)),
        )

    def refused(self) -> list[FrameRecord]:
        """Files that cannot be written here, each with its reason."""
        return [record for record in self._records.values() if record.state is FrameState.REJECTED]

    def frames_here(self) -> set[int]:
        """Numbers of the frames that are in place or were refused. A node's file does not count as its frame."""
        settled = (one for one in self._frame_records() if one.state is not FrameState.PARTIAL)
        return {one.frame for one in settled if one.frame is not None}

    @property
    def has_frames(self) -> bool:
        """Whether any file from the list of frames is known, not only from compositor nodes."""
        return any(not is_of_node(name) for name in self._records)

    def pull(self, outputs: Sequence[FrameOutput], submission: Submission) -> tuple[Submission, bool]:
        """Download what is missing; the second value tells whether all of these outputs are settled.

        Raises the first FarmhandError, after the files that arrived were recorded; Interrupted; ExistingFiles.
        """
        targets, has_all = self._wanted(outputs), True
        submission = self.count(submission)
        if targets:
            check_space(targets)
            submission, has_all = self._bring_all(targets, submission)
        return self._look_back(submission) if has_all else (submission, False)

    # Inside

    def _frame_records(self) -> list[FrameRecord]:
        """What counts as frames: the files of that list, or those of compositor nodes if there are no others."""
        is_node = not self.has_frames
        return [record for name, record in self._records.items() if is_of_node(name) is is_node]

    def _wanted(self, outputs: Sequence[FrameOutput]) -> list[Destination]:
        known = {name: record.path for name, record in self._records.items() if record.path}
        fresh = [one for one in plan_destinations(outputs, self._context.job, known) if not self._is_settled(one.name)]
        if fresh:  # before checking what exists: on a missing drive nothing does
            output_drive.check(self._context.folder, self._context.job.output)
        output = self._context.job.output
        new = {one.name: one for one in fresh if one.name not in self._records}
        taken = {name: one.path for name, one in new.items() if _is_there(one.path)}
        if taken and output.existing == "ask":
            raise ExistingFiles([path for path in taken.values() if path])
        self._replaces_nothing |= that_replace_nothing(new.values(), output, self._context.journal)
        fresh = [_beside(one) if one.name in taken and one.name in self._replaces_nothing else one for one in fresh]
        wanted = [one for one in fresh if one.path is not None]
        refused = [self._record(one, FrameState.REJECTED, one.problem) for one in fresh if one.path is None]
        self._remember([*refused, *(self._record(one, FrameState.PARTIAL) for one in wanted)])
        return wanted

    def _is_settled(self, name: str) -> bool:
        record = self._records.get(name)
        return record is not None and record.state is not FrameState.PARTIAL

    def _record(self, target: Destination, state: FrameState, reason: str = "") -> FrameRecord:
        return FrameRecord(self._id, target.name, str(target.path or ""), target.frame, state, reason=reason)

    def _remember(self, records: Sequence[FrameRecord], modified: Mapping[str, int] | None = None) -> None:
        changed = [record for record in records if self._records.get(record.name) != record]
        if changed:
            self._context.journal.save_frames(changed, modified)
            self._records.update((record.name, record) for record in changed)

    def _bring_all(self, targets: list[Destination], submission: Submission) -> tuple[Submission, bool]:
        context = self._context
        end = time.monotonic() + SLICE_SECONDS
        waiting, running, error = list(reversed(targets)), dict[Future[DownloadedFrame], Destination](), None
        waiting.sort(key=lambda one: one.name not in self._stale_names)
        arrived: list[DownloadedFrame] = []
        throttle = Throttle()
        before, self._expired, self._expired_in_a_row = self._bytes_before, None, 0
        self._held = None
        with ThreadPoolExecutor(context.connections, "pull") as pool:
            while running or (waiting and error is None and time.monotonic() < end):
                while waiting and len(running) < context.connections and error is None and self._may_begin():
                    target = waiting.pop()
                    may_replace = target.name not in self._replaces_nothing
                    begun = pool.submit(
                        download_frame, context, self._id, target, self._sampler, may_replace=may_replace
                    )
                    running[begun] = target
                if not running:
                    break
                done, _ = wait(running, SAVE_SECONDS, FIRST_COMPLETED)
                for future in done:
                    target = running.pop(future)
                    error = self._take(future, target, arrived) or error
                if arrived and (throttle.due() or not running):
                    submission = self._arrived(arrived, submission)
        submission = self._arrived(arrived, submission)
        has_moved = self._bytes_before != before
        error = error or self._too_often_expired(has_moved=has_moved) or (None if has_moved else self._held)
        if error is not None:
            raise error
        context.control.check()
        return submission, all(self._is_settled(target.name) for target in targets)

    def _may_begin(self) -> bool:
        """False once several links in a row have expired: then the whole list has, and fresh links are needed.

        A single one does not count: a list of 2,000 links is a megabyte, and storage may refuse one link by mistake.
        """
        return self._expired_in_a_row < EXPIRED_IN_A_ROW and not self._context.control.token.is_canceled

    def _too_often_expired(self, *, has_moved: bool) -> Exception | None:
        """Expired links are an error only once fresh ones have expired repeatedly; the caller knows whether others may
        still come."""
        self._stale = 0 if has_moved or self._expired is None else self._stale + 1
        return self._expired if self._stale > STALE_LIMIT else None

    def _look_back(self, submission: Submission) -> tuple[Submission, bool]:
        """Once a frame looked wrong, search the others as well; the second value tells whether all were searched."""
        end = time.monotonic() + LOOK_BACK_SECONDS
        for record in self._sampler.missed(self._records.values()):
            self._context.control.check()
            if time.monotonic() > end:
                return submission, False
            if reason := self._sampler.look_again(record):
                self._remember([replace(record, state=FrameState.SUSPECT, reason=reason)])
                submission = self._context.save(self.count(submission))
        return submission, True

    def _take(
        self, future: Future[DownloadedFrame], target: Destination, arrived: list[DownloadedFrame]
    ) -> Exception | None:
        """Record one result. Returns an error that stops the download."""
        try:
            arrived.append(future.result())
            self._expired_in_a_row = 0
        except STALE_LINK as error:
            self._stale_names.add(target.name)
            self._expired = error
            self._expired_in_a_row += 1
        except (FarmhandError, Interrupted) as error:
            if not files.is_held(error.__cause__):
                return error
            self._held = error  # a viewer has the old file open: continue with the others
        return None

    def _arrived(self, arrived: list[DownloadedFrame], submission: Submission) -> Submission:
        if not arrived:
            return submission
        self._bytes_before += sum(one.bytes_moved for one in arrived)
        modified = {one.record.name: one.modified_ns for one in arrived if one.modified_ns}
        self._remember([one.record for one in arrived], modified)
        latest = self._latest(submission, [one.record for one in arrived])
        arrived.clear()
        return self._context.save(self.count(submission).with_(latest_frame=latest, note=""))

    def _latest(self, submission: Submission, arrived: Sequence[FrameRecord]) -> str:
        """The file of the highest frame: several arrive at a time, rarely in order."""
        before = (record for record in self._frame_records() if record.path == submission.latest_frame)
        there = [record for record in (*before, *arrived) if record.path]
        is_node = not self.has_frames
        wanted = [record for record in there if is_of_node(record.name) is is_node] or there
        highest = max(wanted, key=lambda record: -1 if record.frame is None else record.frame, default=None)
        return highest.path if highest else submission.latest_frame


def _is_here(states: set[FrameState]) -> bool:
    """Whether all files of one frame are here, except those that cannot be saved."""
    return bool(states & IN_PLACE) and FrameState.PARTIAL not in states


def check_space(targets: Sequence[Destination]) -> None:
    """Raise LocalProblem if a disk has too little space for its files, or a drive is missing."""
    folders = Counter[Path]()
    for target in targets:
        if target.path is not None:
            folders[target.path.parent] += target.output.bytes or 0
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in folders.items():
        place, disk = _existing(folder)
        disks[disk] = place, size + disks.get(disk, (place, 0))[1]
    for place, size in disks.values():
        _check_disk(place, size + SPARE_BYTES)


def _check_disk(folder: Path, needed: int) -> None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # unknown; writing will tell
        return
    if free < needed:
        raise LocalProblem(
            msg(
                "The disk for {folder} has {free:,.0f} MB left; the frames need {needed:,.0f} MB.",
                folder=folder,
                free=free / 1e6,
                needed=needed / 1e6,
            ),
            "The frames stay on the server, and the render continues.",
            "Free some disk space, then retry.",
        )


def _existing(folder: Path) -> tuple[Path, int]:
    """The folder, or the nearest accessible one above it, and its disk."""
    for place in (folder, *folder.parents):
        try:
            return place, place.stat().st_dev
        except (OSError, ValueError):
            continue
    raise output_drive.not_connected(folder)


def _is_there(path: Path | None) -> bool:
    """An inaccessible path counts as missing: writing there then reports the error."""
    try:
        return path is not None and path.exists()
    except (OSError, ValueError):
        return False


def _beside(target: Destination) -> Destination:
    """The target under another name, because its own is taken."""
    assert target.path is not None
    try:
        path = free_path(target.path)
        safe_paths.check_length(target.name, path)
    except LocalProblem as problem:
        return replace(target, path=None, problem=problem.what)
    except OSError:
        return replace(
            target, path=None, problem=safe_paths.refusal(target.name, msg("is too long for a file name")).what
        )
    return replace(target, path=path)
