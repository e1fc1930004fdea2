"""What one run of the state machine acts on: a user folder with its courier, and the farm behind the proxy."""

from __future__ import annotations

import collections
import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from carrying import Carrying
from courier_process import CourierProcess
from fault_proxy import FaultProxy
from invariants import ALWAYS, AT_THE_END, PAINTED_OVER, Case, Reckoning, Sight
from quick_engine import QuickFarm

from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, Stage, State, Submission

MEND_SECONDS = 60.0
RETRIES = 40


@dataclass
class Service:
    """A farm behind a proxy, for one run after the other. tally: what happened over all of them."""

    farm: QuickFarm
    proxy: FaultProxy
    tally: collections.Counter[str] = field(default_factory=collections.Counter)
    deaths: int = 0
    submissions: int = 0

    def start_farm(self, dies_at: int = 0) -> None:
        """Start the farm unless it is alive."""
        if self.farm.is_alive:
            return
        self.deaths += 1
        self.tally["farm killed"] += 1
        self.farm.start(dies_at)
        self.proxy.target_port = self.farm.port

    def recover(self) -> None:
        """The network is well again."""
        for fault in self.proxy.faults:
            self.tally["faults struck"] += fault.struck
        self.proxy.clear()

    def calm_down(self) -> None:
        """No fault lasts for ever; the others may strike as often as they are meant to."""
        for fault in self.proxy.faults:
            fault.times = max(fault.times, fault.struck)

    def kill_farm(self) -> None:
        if self.farm.is_alive:
            self.farm.kill()


class Run:
    """One run. story: what was done, for the reader of a failure."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.story: list[str] = []
        self.cases: list[Case] = []
        self.folder = Path(tempfile.mkdtemp(prefix="fh"))  # short: sockets lie in it
        self._desk = Carrying(self.folder, service.proxy.url, service.farm.token)
        self._courier: CourierProcess | None = None
        self._deaths_before = service.deaths
        self._farm_log_before = len(service.farm.log())
        self.journal = Journal(self._desk.home.journal)

    def submit(self, frames: int, *, needs_confirm: bool, failing_frame: int) -> None:
        self.service.submissions += 1
        place = self.folder / f"render{len(self.cases)}"
        case = Case.numbered(
            self.service.submissions, frames, place, needs_confirm=needs_confirm, failing_frame=failing_frame
        )
        case.id = self._desk.submit(
            case.frames,
            package=case.scene,
            ask_mode="always" if needs_confirm else "if_wrong",
            output_folder=str(place),
            output_pattern=str(place / "shot_####.png"),
            output_width=64,
            output_height=36,
        ).id
        self.cases.append(case)

    def start_courier(self, dies_at: int = 0) -> None:
        """Start a courier unless one is alive: the lock sees to that in life."""
        if self._courier is not None and self._courier.is_alive:
            return
        self._note_courier_end()
        self._courier = CourierProcess(self._desk.home, self._desk.url, self._desk.key, dies_at)

    def kill_courier(self) -> None:
        if self._courier is not None:
            self._courier.kill()
            self._note_courier_end()

    def ask_courier_to_leave(self) -> None:
        if self._courier is not None:
            self._courier.ask_to_leave()

    def wait(self, seconds: float) -> None:
        """Let things happen, but not longer than until the courier has ended."""
        if self._courier is not None:
            self._courier.wait(seconds)

    def ask(self, case: Case, request: Request) -> None:
        case.asked.add(request)
        self.journal.ask(case.id, request)

    def spoil(self, case: Case, frame: int, *, delete: bool) -> None:
        path = case.path(frame)
        case.spoiled.add(path)
        if path.exists():
            path.unlink() if delete else path.write_bytes(PAINTED_OVER)

    # Looking

    def check(self) -> None:
        """Every invariant that always holds."""
        for case in self.cases:
            seen = self._look(case)
            for holds in ALWAYS:
                with self._telling(seen):
                    holds(case, seen)

    def check_the_end(self) -> None:
        """Mend everything, let the user press what Farmhand asks for, and check what must have come of it."""
        self.service.calm_down()
        self._until_over()
        for case in self.cases:
            if case.spoiled and self._now(case).state is State.DONE:
                self.ask(case, Request.PULL_AGAIN)
        self._until_over()
        self.check()
        for case in self.cases:
            seen, end = self._look(case), self._reckon(case)
            self.service.tally[f"ended {seen.submission.state}"] += 1
            for holds in AT_THE_END:
                with self._telling(seen):
                    holds(case, seen, end)

    def close(self) -> None:
        self.kill_courier()
        self.journal.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Inside

    def _until_over(self) -> None:
        """The user retries, confirms and resumes; nobody breaks anything any more."""
        end, presses = time.monotonic() + MEND_SECONDS, collections.Counter[str]()
        while not self._is_over():
            self.service.start_farm()
            self.start_courier()
            for case in self.cases:
                request = _next_press(self._now(case))
                if request is not None and not self.journal.requests(case.id):
                    presses[case.id] += request is Request.RETRY
                    self.service.tally[f"pressed {request}"] += 1
                    assert presses[case.id] <= RETRIES, self._told(f"Retry does not help: {self._now(case).problem}")
                    self.ask(case, request)
            assert time.monotonic() < end, self._told(f"Not over within {MEND_SECONDS} s")
            time.sleep(0.01)
        self.service.start_farm()

    def _is_over(self) -> bool:
        courier_ended = self._courier is None or not self._courier.is_alive
        return courier_ended and not self.journal.requests() and all(self._now(case).is_over for case in self.cases)

    def _note_courier_end(self) -> None:
        if self._courier is not None and self._courier.was_killed:
            self.service.tally["courier killed"] += 1
        assert self._courier is None or not self._courier.broke, self._told("The courier broke; its error is above")
        self._courier = None

    def _now(self, case: Case) -> Submission:
        found = self.journal.submission(case.id)
        assert found is not None
        return found

    def _look(self, case: Case) -> Sight:
        submission, records = self._now(case), self.journal.frames(case.id)
        files = {}
        for path in case.place.rglob("*"):
            try:
                files[path] = path.read_bytes()
            except FileNotFoundError:  # it has just got another name
                continue
        return Sight(submission, records, self.journal.transitions(case.id), files)

    def _reckon(self, case: Case) -> Reckoning:
        farm = self.service.farm
        log = self._desk.home.logs / "courier.log"
        return Reckoning(
            farm.jobs_of(case.scene),
            farm.renders(case.scene),
            self.service.deaths - self._deaths_before,
            log.read_text() if log.exists() else "",
            farm.log()[self._farm_log_before :],
        )

    @contextlib.contextmanager
    def _telling(self, seen: Sight) -> Iterator[None]:
        """A failure tells how it came to that."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(self._told(str(error), seen)) from error

    def _told(self, what: str, seen: Sight | None = None) -> str:
        lines = [what, *(f"  {step}" for step in self.story)]
        for case in self.cases:
            now = self._now(case)
            lines.append(f"{case.id}: {now}")
            lines += [
                f"  {at:.3f} {stage} {state} {text}" for at, stage, state, text in self.journal.transitions(case.id)
            ]
        if seen is not None:
            lines += [f"  {record}" for record in seen.records]
        return "\n".join(lines)


def _next_press(submission: Submission) -> Request | None:
    """What a user would press who wants the frames."""
    if submission.state is State.WAITING:
        return Request.CONFIRM if submission.stage is Stage.CONFIRM else Request.RETRY
    return {State.STOPPED: Request.RETRY, State.PAUSED: Request.RESUME}.get(submission.state)
