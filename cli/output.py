"""What the command line shows: for people a bar and sentences, for programs JSON. Standard library only."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TextIO

from ..client import plain_text
from ..client.statuses import is_on_hold
from ..courier.process.follow import STANDING
from ..jobs.folder.service_report import ServiceReport
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import FrameState, Stage, State, Submission
from ..jobs.text import to_json
from ..jobs.user_folder import UserFolder

_STAGES = {
    Stage.UPLOAD: "Uploading",
    Stage.CREATE: "Creating the job",
    Stage.VALIDATE: "Checking on the server",
    Stage.CONFIRM: "Waiting for your confirmation",
    Stage.RENDER: "Starting the render",
    Stage.PULL: "Rendering",
    Stage.FINISHED: "Finished",
}
_BAR_WIDTH = 24
# Exit codes, for programs.
DONE, FAILED, WRONG_USE, TROUBLE, INTERRUPTED = 0, 1, 2, 3, 130


def result_of(place: UserFolder, submission: Submission) -> dict[str, Any]:
    """The final JSON of `submit` and `watch`. status: the job's own status, or ours until there is a job."""
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


def nothing_done() -> dict[str, Any]:
    """The same object as `result_of`, if nothing was submitted."""
    return {"submission": None, "job": None, "status": "", "frames": list[str](), "error": None}


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
        """Show the background Blender's progress in reading and packing."""
        if self._as_json:
            self._tell({"stage": stage, "done": done})
        else:
            self._show({"open": "Opening the file", "pack": "Packing"}.get(stage, stage), done)

    def progress(self, submission: Submission) -> None:
        if self._as_json:
            self._tell(summary_of(submission))
            return
        is_held = submission.state is State.ACTIVE and is_on_hold(submission.job_status)
        stage, note = "Put on hold by the server" if is_held else _STAGES[submission.stage], submission.note
        if _ends_with_note(submission):
            note = ""  # once is enough
        if submission.stage is Stage.PULL and submission.job_status == "completed":
            stage = "Downloading"
        counts, share = "", 0.0
        if submission.stage is Stage.UPLOAD and submission.package_bytes:
            share = submission.upload_done / submission.package_bytes
            counts = f"{submission.upload_done / 1e6:,.1f} of {submission.package_bytes / 1e6:,.1f} MB"
        elif submission.stage in (Stage.PULL, Stage.FINISHED) and submission.frames_total:
            share = submission.frames_done / submission.frames_total
            counts = f"{submission.frames_done} of {submission.frames_total} frames downloaded"
        self._show(" · ".join(part for part in (stage, counts, note) if part), share)

    def end_of_progress(self, last: Submission | None, *, is_reported: bool = False) -> None:
        """End the progress bar and say how it ended. is_reported: a report follows, which says why the job waits."""
        if self._as_json or last is None:
            return
        self._break()
        if is_reported and last.state is State.WAITING and last.stage is Stage.CONFIRM:
            return
        if last.problem:
            _say(last.problem, file=sys.stderr)
        elif last.state is State.DONE:
            frames = "1 frame" if last.frames_done == 1 else f"{last.frames_done} frames"
            looks = "looks" if last.frames_suspect == 1 else "look"
            suspect = f"; {last.frames_suspect} {looks} wrong" if last.frames_suspect else ""
            _say(f"{frames} saved in {last.output_folder}{suspect}. {last.note}".rstrip(), file=sys.stderr)
        else:
            _say(f"{last.state.value.capitalize()}. {last.note}".rstrip(), file=sys.stderr)

    # Results

    def result(self, values: dict[str, Any], sentence: str) -> None:
        """The JSON object, or a sentence; the paths of downloaded frames, one per line."""
        self._break()
        if self._as_json:
            _say_json(values)
            return
        for path in values.get("frames", ()):
            print(plain_text.printable(path) if sys.stdout.isatty() else path)
        for path, reason in values.get("suspect", {}).items():
            _say(f"{path}: {reason}", file=sys.stderr)
        if sentence:
            _say(sentence, flush=True)

    def check(self, check: dict[str, Any]) -> None:
        if self._as_json:
            _say_json(check)
            return
        self._break()
        package = check.get("package", {})
        for file in package.get("files", ()):
            _say(f"{file.get('bytes', 0):>14,}  {file.get('path', '')}")
        self.findings(check)
        if package.get("bytes"):
            minutes = package.get("minutes")
            line = "" if minutes is None else f", in about {max(1, round(minutes)):,} min"
            _say(f"{package['bytes'] / 1e6:,.1f} MB would be sent{line}.")
        _say("No problems found." if not _errors(check) else "Fix the errors before submitting.")

    def report(self, report: ServiceReport, will_render: Mapping[str, str]) -> None:
        """What the service found in the file; with --json it is part of the result."""
        if self._as_json:
            return
        self._break()
        for name, value in report.analysis:
            _say(f"{name}: {value}")
        for path in report.missing if not report.names_all_missing else ():
            _say(f"MISSING  {path}")
        if report.missing_count > len(report.missing):
            _say(f"MISSING  {report.missing_count - len(report.missing)} more")
        for sentence in (*report.unexpected, *report.notices):
            _say(sentence)
        for name, value in will_render.items():
            _say(f"{name}: {value}")

    def findings(self, check: dict[str, Any]) -> None:
        """What the check found, the worst first; with --json it is part of the result."""
        self._break()
        for finding in () if self._as_json else check.get("findings", ()):
            _say(f"{finding.get('severity', 'info').upper():>7}  {finding.get('message', '')}", file=sys.stderr)

    def jobs(self, submissions: Sequence[Submission]) -> None:
        if self._as_json:
            _say_json({"submissions": [summary_of(one) for one in submissions]})
            return
        for one in submissions:
            frames = f"{one.frames_done}/{one.frames_total}"
            _say(f"{one.id[:8]}  {one.state.value:<8}  {one.stage.value:<8}  {frames:>9}  {one.name}")
        if not submissions:
            _say("No jobs yet. Try: farmhand submit FILE --wait")

    def server_jobs(self, server: str, jobs: Sequence[dict[str, Any]], total: int, nothing: str) -> None:
        """Print a server's own jobs.

        Args:
            server: its URL.
            jobs: those to print; `submission` is the id of the entry in `farmhand jobs`, or None.
            total: how many there are on the server.
            nothing: the sentence for no jobs.
        """
        if self._as_json:
            _say_json({"server": server, "jobs": list(jobs), "total": total})
            return
        for one in jobs:
            created = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["created"]))
            known = f"  = {one['submission'][:8]}" if one["submission"] else ""
            _say(f"{one['id']}  {one['status']:<10}  {created}  {one['frames'] or '?':>9}  {one['name']}{known}")
        if len(jobs) < total:
            _say(f"{len(jobs)} of {total} jobs; --limit shows more.")
        if not jobs:
            _say(nothing)

    def server_job(self, told: dict[str, Any]) -> None:
        """The state of a server's job that is watched and not downloaded."""
        if self._as_json:
            self._tell(told)
            return
        counts, share = "", 0.0
        if told["total"]:
            share = (told["rendered"] or 0) / told["total"]
            counts = f"{told['rendered'] or 0} of {told['total']} frames rendered"
        self._show(" · ".join(part for part in (told["status"].capitalize(), counts) if part), share)

    def note(self, sentence: str) -> None:
        self._break()
        if self._as_json:
            self._tell({"note": sentence})
        else:
            _say(sentence, file=sys.stderr)

    def problem(self, sentence: str) -> None:
        """Show a problem that ends the command: with --json, this is the only object."""
        self._break()
        if self._as_json:
            _say_json({**nothing_done(), "status": "error", "error": sentence})
        else:
            _say(sentence, file=sys.stderr)

    # Inside

    def _tell(self, values: dict[str, Any]) -> None:
        _say_json(values, sys.stderr)

    def _show(self, text: str, share: float) -> None:
        """On a terminal, one line that is redrawn; elsewhere, a line for each change."""
        if not self._is_terminal:
            if text != self._line:
                _say(text, file=sys.stderr, flush=True)
            self._line = text
            return
        filled = round(_BAR_WIDTH * min(1.0, share))
        line = f"{'█' * filled}{'░' * (_BAR_WIDTH - filled)}  {text}"
        width = shutil.get_terminal_size().columns - 1
        shown = plain_text.printable(f"{line[:width]:<{len(self._line)}}")
        print(f"\r{shown}", end="", file=sys.stderr, flush=True)
        self._line = line[:width]

    def _break(self) -> None:
        if self._is_terminal and self._line:
            _say(file=sys.stderr)
        self._line = ""


def _ends_with_note(submission: Submission) -> bool:
    """Whether the sentence that follows the progress has the note."""
    return not submission.problem and (submission.is_over or submission.state in STANDING)


def _say(text: object = "", *, end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """Print text without terminal control characters: it contains texts of services and file names."""
    print(plain_text.printable(str(text)), end=end, file=file or sys.stdout, flush=flush)


def _say_json(values: object, file: TextIO | None = None) -> None:
    print(plain_text.escaped(to_json(values)), file=file or sys.stdout, flush=True)


def _errors(check: dict[str, Any]) -> list[Any]:
    return [one for one in check.get("findings", ()) if one.get("severity") == "error"]
