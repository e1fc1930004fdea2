# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line shows: for people a bar and sentences, for programs JSON.  Standard library only."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..client.statuses import is_on_hold
from ..jobs.journal import Journal
from ..jobs.submission import FrameState, Stage, State, Submission
from ..jobs.text import to_json
from ..jobs.user_folder import UserFolder

_STAGES = {
    Stage.UPLOAD: "Uploading",
    Stage.CREATE: "Creating the job",
    Stage.VALIDATE: "Checking on the service",
    Stage.CONFIRM: "Waiting for your confirmation",
    Stage.RENDER: "Starting the render",
    Stage.PULL: "Rendering",
    Stage.FINISHED: "Finished",
}
_BAR_WIDTH = 24
# Exit codes, the programs' half of what is shown.
DONE, FAILED, WRONG_USE, TROUBLE, INTERRUPTED = 0, 1, 2, 3, 130


def result_of(place: UserFolder, submission: Submission) -> dict[str, Any]:
    """What `submit` and `watch` end with.  status: the job's own word, before there is one ours."""
    with Journal(place.journal) as journal:
        frames = [
            one for one in journal.frames(submission.id) if one.state in (FrameState.DOWNLOADED, FrameState.SUSPECT)
        ]
    return {
        "submission": submission.id,
        "job": submission.job_id,
        "status": submission.job_status or submission.state.value,
        "state": submission.state.value,
        "stage": submission.stage.value,
        "frames": [one.path for one in frames],
        "suspect": {one.path: one.reason for one in frames if one.state is FrameState.SUSPECT},
        "output": submission.output_folder,
        "note": submission.note,
        "error": str(submission.problem) if submission.problem else None,
    }


def summary_of(submission: Submission) -> dict[str, Any]:
    """One line of `jobs --json`, and of progress."""
    values = asdict(submission)
    return {**values, "stage": submission.stage.value, "state": submission.state.value}


class Screen:
    """Standard output for the result, standard error for everything else."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_terminal = sys.stderr.isatty()
        self._line = ""

    # Progress

    def preparing(self, stage: str, done: float) -> None:
        """How far the background Blender is with reading and packing."""
        if self._as_json:
            self._tell({"stage": stage, "done": done})
        else:
            self._show({"open": "Opening the file", "pack": "Packing"}.get(stage, stage), done)

    def progress(self, submission: Submission) -> None:
        if self._as_json:
            self._tell(summary_of(submission))
            return
        is_held = submission.state is State.ACTIVE and is_on_hold(submission.job_status)
        stage, note = "On hold by the service" if is_held else _STAGES[submission.stage], submission.note
        counts, share = "", 0.0
        if submission.stage is Stage.UPLOAD and submission.package_bytes:
            share = submission.upload_done / submission.package_bytes
            counts = f"{submission.upload_done / 1e6:,.1f} of {submission.package_bytes / 1e6:,.1f} MB"
        elif submission.stage in (Stage.PULL, Stage.FINISHED) and submission.frames_total:
            share = submission.frames_done / submission.frames_total
            counts = f"{submission.frames_done} of {submission.frames_total} frames downloaded"
        self._show(" · ".join(part for part in (stage, counts, note) if part), share)

    def end_of_progress(self, last: Submission | None) -> None:
        """Leave the bar and say how it ended."""
        if self._as_json or last is None:
            return
        self._break()
        if last.problem:
            print(last.problem, file=sys.stderr)
        elif last.state is State.DONE:
            frames = "1 frame" if last.frames_done == 1 else f"{last.frames_done} frames"
            suspect = f"; {last.frames_suspect} may be wrong" if last.frames_suspect else ""
            print(f"{frames} saved in {last.output_folder}{suspect}. {last.note}".rstrip(), file=sys.stderr)
        else:
            print(f"{last.state.value.capitalize()}. {last.note}".rstrip(), file=sys.stderr)

    # Results

    def result(self, values: dict[str, Any], sentence: str) -> None:
        """The one object, or a sentence; the paths of frames that are here, one a line."""
        if self._as_json:
            print(to_json(values), flush=True)
            return
        for path in values.get("frames", ()):
            print(path)
        if sentence:
            print(sentence, flush=True)

    def check(self, check: dict[str, Any]) -> None:
        if self._as_json:
            print(to_json(check), flush=True)
            return
        self._break()
        package = check.get("package", {})
        for file in package.get("files", ()):
            print(f"{file.get('bytes', 0):>14,}  {file.get('path', '')}")
        self.findings(check)
        if package.get("bytes"):
            minutes = package.get("minutes")
            line = "" if minutes is None else f", in about {max(1, round(minutes)):,} min"
            print(f"{package['bytes'] / 1e6:,.1f} MB would be sent{line}.")
        print("No problems found." if not _errors(check) else "Fix the errors before submitting.")

    def findings(self, check: dict[str, Any]) -> None:
        """What the check found, the worst first; with --json it is part of the result."""
        self._break()
        for finding in () if self._as_json else check.get("findings", ()):
            print(f"{finding.get('severity', 'info').upper():>7}  {finding.get('message', '')}", file=sys.stderr)

    def jobs(self, submissions: Sequence[Submission]) -> None:
        if self._as_json:
            print(to_json({"submissions": [summary_of(one) for one in submissions]}), flush=True)
            return
        for one in submissions:
            frames = f"{one.frames_done}/{one.frames_total}"
            print(f"{one.id[:8]}  {one.state.value:<8}  {one.stage.value:<8}  {frames:>9}  {one.name}")
        if not submissions:
            print("No jobs yet. Try: farmhand submit FILE --wait")

    def note(self, sentence: str) -> None:
        self._break()
        print(sentence, file=sys.stderr)

    def problem(self, sentence: str) -> None:
        """The command ends here: in JSON this is the one object."""
        self._break()
        if self._as_json:
            nothing = {"submission": None, "job": None, "status": "error", "frames": list[str](), "error": sentence}
            print(to_json(nothing), flush=True)
        else:
            print(sentence, file=sys.stderr)

    # Inside

    def _tell(self, values: dict[str, Any]) -> None:
        print(to_json(values), file=sys.stderr, flush=True)

    def _show(self, text: str, share: float) -> None:
        """One line that is redrawn on a terminal; elsewhere a line for each change."""
        if not self._is_terminal:
            if text != self._line:
                print(text, file=sys.stderr, flush=True)
            self._line = text
            return
        filled = round(_BAR_WIDTH * min(1.0, share))
        line = f"{'█' * filled}{'░' * (_BAR_WIDTH - filled)}  {text}"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:<{len(self._line)}}", end="", file=sys.stderr, flush=True)
        self._line = line[:width]

    def _break(self) -> None:
        if self._is_terminal and self._line:
            print(file=sys.stderr)
        self._line = ""


def _errors(check: dict[str, Any]) -> list[Any]:
    return [one for one in check.get("findings", ()) if one.get("severity") == "error"]
