"""Every fault at every stage, and what must be true of each: the promises of docs/reliability.md, in one place.

Invariants, checked after every cell:
1. The submission ends done, with exactly the frames that were rendered, byte for byte; either by itself, or after it
   stopped with a problem in words and the user pressed *Retry*.
2. No file ever has a real name before it is whole.
3. No frame is rendered twice for one submission, and no second job of it is started.
4. Nothing hangs: each try ends within its time limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from carrying import Carrying, expected
from fault_proxy import FaultProxy
from painting_farm import PaintingFarm

from farmhand.courier.patience import Patience
from farmhand.courier.submission import Request, State, Submission

STAGES = {
    "upload link": r"^POST .*/uploads$",
    "upload": r"^PUT /storage/",
    "create": r"^POST .*/jobs$",
    "validate": r"^POST .*/validate$",
    "render": r"^POST .*/render$",
    "poll": r"^GET .*/jobs/[^/]+(/progress)?$",
    "links": r"^GET .*/downloads$",
    "pull": r"^GET /storage/",
}
FAULTS: dict[str, tuple[str, float]] = {
    "latency": ("latency", 0.3),
    "connection reset": ("reset", 0),
    "half-closed": ("half_close", 3),
    "black hole": ("black_hole", 3),
    "answer lost": ("answer_lost", 0),
    "body cut": ("truncated", 12),
    "body corrupted": ("corrupted", 1),
    "slow drip": ("drip", 0.02),
    "401": ("status", 401),
    "403": ("status", 403),
    "404": ("status", 404),
    "409": ("status", 409),
    "413": ("status", 413),
    "429, wait": ("retry_after", 1),
    "500": ("status", 500),
    "502": ("status", 502),
    "503": ("status", 503),
    "web page": ("page", 0),
    "broken JSON": ("not_json", 0),
    "other JSON": ("other_json", 0),
    "upload cut": ("upload_cut", 100_000),
    "forged link": ("forged", 0),
}
ONLY_AT = {"upload cut": ("upload",), "forged link": ("upload", "pull")}
NOT_AT = {  # storage answers a PUT without a body, and a file is no JSON
    "body cut": ("upload",),
    "body corrupted": ("upload",),
    "broken JSON": ("upload", "pull"),
    "other JSON": ("upload", "pull"),
}
HARMLESS = ("latency", "slow drip")
LITTLE_PATIENCE = Patience(first=0.05, ceiling=0.2, unreachable=1.2, faulty=1.2)
LIMIT_SECONDS = 25.0


@dataclass(frozen=True)
class Cell:
    """One fault at one stage: once, or for as long as it is tried."""

    fault: str
    stage: str
    for_good: bool

    def __str__(self) -> str:
        return f"{self.fault} at {self.stage}, {'for good' if self.for_good else 'once'}"


@dataclass(frozen=True)
class Outcome:
    """recovered: without anybody's help.  word: the problem's code where it stopped."""

    recovered: bool
    word: str = ""

    def __str__(self) -> str:
        return "recovered" if self.recovered else f"stopped: {self.word}"


def cells() -> Iterator[Cell]:
    """Every cell that can be."""
    for for_good in (False, True):
        for fault in FAULTS:
            for stage in ONLY_AT.get(fault, tuple(STAGES)):
                if stage not in NOT_AT.get(fault, ()) and not (for_good and fault in HARMLESS):
                    yield Cell(fault, stage, for_good)


def try_cell(cell: Cell, courier: Carrying, proxy: FaultProxy, farm: PaintingFarm) -> Outcome:
    """Carry a submission through one fault and assert the invariants."""
    before = len(farm.log_lines())
    kind, value = FAULTS[cell.fault]
    proxy.add(kind, STAGES[cell.stage], times=-1 if cell.for_good else 1, value=value)
    submission = courier.submit()
    first = _timed(courier, submission)
    if first.state is not State.DONE:
        assert first.state is State.STOPPED, first
        assert first.problem is not None and first.problem.what and first.problem.advice, first
        assert courier.real_files().items() <= expected().items()
        last = first
        for _ in range(2):  # a link that was used may need one *Retry* to be seen and one to be replaced
            proxy.faults.clear()
            last = _timed(courier, courier.answer(last, Request.RETRY))
            if last.state is State.DONE:
                break
        assert last.state is State.DONE, last
    assert courier.files() == expected()
    assert sorted(int(line.split()[1]) for line in farm.log_lines()[before:]) == [1, 2, 3]
    return Outcome(first.state is State.DONE, first.problem.code if first.problem else "")


def _timed(courier: Carrying, submission: Submission) -> Submission:
    started = time.monotonic()
    result = courier.carry(submission, patience=LITTLE_PATIENCE)
    seconds = time.monotonic() - started
    assert seconds < LIMIT_SECONDS, f"It took {seconds:.0f} s: {result}"
    return result
