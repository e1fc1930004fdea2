"""Follows one submission in the journal from outside, with a bar, and counts the seconds of each part of its way."""

import subprocess
import sys
import time
from types import TracebackType

from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, Stage, State, Submission
from farmhand.jobs.user_folder import UserFolder

LOOK_SECONDS = 0.1
CANCEL_SECONDS = 15.0
PACKING, UPLOADING, VALIDATING = "Opening, checking and packing", "Uploading", "Validating"
RENDERING, FETCHING, SHEET = "Rendering and fetching", "Fetching the last frames", "Drawing the contact sheet"
_STAGES = {
    Stage.UPLOAD: UPLOADING,
    Stage.CREATE: UPLOADING,
    Stage.VALIDATE: VALIDATING,
    Stage.CONFIRM: VALIDATING,
    Stage.RENDER: RENDERING,
}


class Bar:
    """One line that is drawn over itself; where no one looks (a log), a line at every change."""

    def __init__(self) -> None:
        self._is_live = sys.stdout.isatty()
        self._shown = ""

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._is_live and self._shown:
            print()

    def show(self, text: str, done: float, left: str = "") -> None:
        """text: what is happening. done: 0 to 1. left: the time that remains, for display."""
        filled = round(30 * min(max(done, 0.0), 1.0))
        line = f"  {'█' * filled}{'░' * (30 - filled)}  {text}{left if self._is_live else ''}"
        if line == self._shown:
            return
        print(f"\r\x1b[K{line}" if self._is_live else line, end="" if self._is_live else "\n", flush=True)
        self._shown = line

    def say(self, text: str) -> None:
        """A line that stays, above the bar."""
        print(f"\r\x1b[K{text}" if self._is_live else text, flush=True)
        self._shown = ""


class Watch:
    """The submission that appears in a journal after this was made.

    seconds: how long each part took, in the order of their beginning.
    """

    def __init__(self, home: UserFolder) -> None:
        self.seconds: dict[str, float] = {}
        self._home = home
        self._journal = Journal(home.journal)
        self._known = {one.id for one in self._journal.submissions()}
        self._one: Submission | None = None
        self._at = time.monotonic()

    def follow(self, process: "subprocess.Popen[bytes]", bar: Bar) -> Submission | None:
        """Show progress until the process that submits and waits has ended; None when nothing was submitted."""
        while True:
            has_ended = process.poll() is not None
            self._look(bar)
            if has_ended:
                return self._one
            time.sleep(LOOK_SECONDS)

    def cancel(self) -> Submission | None:
        """Ask for the end of the job and wait for it, for a while."""
        end = time.monotonic() + CANCEL_SECONDS
        if self._one is not None:
            self._journal.ask(self._one.id, Request.CANCEL)
        while self._one is not None and not self._one.is_over and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
            self._one = self._journal.submission(self._one.id)
        return self._one

    def _look(self, bar: Bar) -> None:
        if self._one is None:
            self._one = next((one for one in self._journal.submissions() if one.id not in self._known), None)
            self._tell_findings(bar)
        else:
            self._one = self._journal.submission(self._one.id)
        part = _part(self._one)
        now = time.monotonic()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._at
        self._at = now
        bar.show(*_progress(self._one, part, self.seconds[part]))

    def _tell_findings(self, bar: Bar) -> None:
        """What the check has found is said before anything is rendered."""
        if self._one is not None:
            for finding in job_folder.read(self._home.job(self._one.id)).findings:
                bar.say(f"{finding['severity'].capitalize()}: {finding['message']}")


def _part(one: Submission | None) -> str:
    if one is None:
        return PACKING
    if one.state is State.DONE:
        return SHEET
    if one.stage in _STAGES:
        return _STAGES[one.stage]
    return FETCHING if one.job_status == "completed" else RENDERING


def _progress(one: Submission | None, part: str, seconds: float) -> tuple[str, float, str]:
    if one is None or part == SHEET:
        return part, float(one is not None), ""
    if part == UPLOADING:
        return f"{part} {one.package_bytes / 1e6:.1f} MB", one.upload_done / max(one.package_bytes, 1), ""
    if part == VALIDATING:
        return part, 0.0, ""
    done, total = max(one.frames_done, one.frames_rendered), one.frames_total
    left = f", {_clock(seconds / done * (total - done))} left" if 0 < done < total else ""
    return f"{one.frames_done} of {total} frames downloaded. {one.note}".strip(), done / max(total, 1), left


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
