"""Pulls what a job has so far: several files at a time, each recorded before it is fetched and after it is in place."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from ..client.errors import FarmhandError, LocalProblem
from ..client.models import FrameOutput
from .control import Interrupted
from .fetching import Brought, PinkWatch, bring
from .free_names import free_path
from .steps import STALE_LINK
from .submission import FrameRecord, FrameState, Submission
from .targets import Target, plan
from .trip import SAVE_SECONDS, Throttle, Trip

SLICE_SECONDS = 5.0
"""No new file is begun after so long: links get old, and the job wants a look."""
SPARE_BYTES = 64 * 1024 * 1024
STALE_LIMIT = 5
IN_PLACE = (FrameState.HERE, FrameState.SUSPECT)


class Conflicts(Exception):
    """Files that are not ours lie where frames should go, and the user wants to be asked."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(f"{len(paths)} files are there already")
        self.paths = list(paths)


class Puller:
    """The files of one submission, over many looks at what is ready."""

    def __init__(self, trip: Trip, submission: Submission) -> None:
        self._trip = trip
        self._id = submission.id
        self._records = {record.name: record for record in trip.journal.frames(submission.id)}
        self._pink = PinkWatch()
        self._stale = 0
        self._bytes_before = submission.bytes_pulled

    def count(self, submission: Submission) -> Submission:
        """The submission with what is here counted."""
        here = [record for record in self._records.values() if record.state in IN_PLACE]
        return submission.with_(
            frames_done=len(here),
            frames_suspect=sum(record.state is FrameState.SUSPECT for record in here),
            bytes_pulled=self._bytes_before,
            frames_total=max(submission.frames_total, len(self._records)),
        )

    def frames_here(self) -> set[int]:
        """Numbers of the frames that are in place or were refused."""
        return {r.frame for r in self._records.values() if r.frame is not None and r.state is not FrameState.PARTIAL}

    def pull(self, outputs: Sequence[FrameOutput], submission: Submission) -> tuple[Submission, bool]:
        """Bring what is not here yet; the second value tells whether nothing of these outputs is left to bring.

        Raises the first FarmhandError after the files that came were recorded, Interrupted, Conflicts.
        """
        targets = self._wanted(outputs)
        if not targets:
            return self.count(submission), True
        self._check_space(targets)
        return self._bring_all(targets, submission)

    # Inside

    def _wanted(self, outputs: Sequence[FrameOutput]) -> list[Target]:
        known = {name: record.path for name, record in self._records.items() if record.path}
        fresh = [one for one in plan(outputs, self._trip.job, known) if not self._is_settled(one.name)]
        refused = [self._record(one, FrameState.REFUSED, one.problem) for one in fresh if one.path is None]
        wanted, conflicts = list[Target](), list[Path]()
        for target in fresh:
            if target.path is None:
                continue
            if target.name in self._records or not target.path.exists():
                wanted.append(target)
            elif self._trip.job.output.existing == "keep":
                wanted.append(replace(target, path=free_path(target.path)))
            elif self._trip.job.output.existing == "ask":
                conflicts.append(target.path)
            else:
                wanted.append(target)
        if conflicts:
            raise Conflicts(conflicts)
        self._remember([*refused, *(self._record(one, FrameState.PARTIAL) for one in wanted)])
        return wanted

    def _is_settled(self, name: str) -> bool:
        record = self._records.get(name)
        return record is not None and record.state is not FrameState.PARTIAL

    def _record(self, target: Target, state: FrameState, reason: str = "") -> FrameRecord:
        return FrameRecord(self._id, target.name, str(target.path or ""), target.frame, state, reason=reason)

    def _remember(self, records: Sequence[FrameRecord]) -> None:
        changed = [record for record in records if self._records.get(record.name) != record]
        if changed:
            self._trip.journal.save_frames(changed)
            self._records.update((record.name, record) for record in changed)

    def _check_space(self, targets: Sequence[Target]) -> None:
        folder = _existing(Path(self._trip.job.output.folder))
        needed = sum(target.output.bytes or 0 for target in targets) + SPARE_BYTES
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise LocalProblem(
                f"The disk of {folder} has {free / 1e6:,.0f} MB left; the frames need {needed / 1e6:,.0f} MB.",
                "The frames wait at the service; the render goes on there.",
                "Free some disk space, then retry.",
            )

    def _bring_all(self, targets: list[Target], submission: Submission) -> tuple[Submission, bool]:
        trip = self._trip
        end = time.monotonic() + SLICE_SECONDS
        waiting, running, error = list(reversed(targets)), dict[Future[Brought], Target](), None
        arrived: list[Brought] = []
        throttle = Throttle()
        with ThreadPoolExecutor(trip.connections, "pull") as pool:
            while running or (waiting and error is None and time.monotonic() < end):
                while waiting and len(running) < trip.connections and error is None and not trip.control.should_stop():
                    target = waiting.pop()
                    running[pool.submit(bring, trip, self._id, target, self._pink)] = target
                if not running:
                    break
                done, _ = wait(running, SAVE_SECONDS, FIRST_COMPLETED)
                for future in done:
                    target = running.pop(future)
                    error = self._take(future, target, arrived) or error
                if arrived and (throttle.due() or not running):
                    submission = self._arrived(arrived, submission)
        submission = self._arrived(arrived, submission)
        if error is not None:
            raise error
        trip.control.check()
        return submission, all(self._is_settled(target.name) for target in targets)

    def _take(self, future: Future[Brought], target: Target, arrived: list[Brought]) -> Exception | None:
        """Sort one result; an expired link is no error until fresh ones expire too."""
        try:
            arrived.append(future.result())
            self._stale = 0
        except STALE_LINK as error:
            self._stale += 1
            return error if self._stale > STALE_LIMIT * self._trip.connections else None
        except (FarmhandError, Interrupted) as error:
            return error
        return None

    def _arrived(self, arrived: list[Brought], submission: Submission) -> Submission:
        if not arrived:
            return submission
        self._bytes_before += sum(one.bytes_moved for one in arrived)
        self._remember([one.record for one in arrived])
        latest = arrived[-1].record.path
        arrived.clear()
        return self._trip.save(self.count(submission).with_(latest_frame=latest, note=""))


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())
