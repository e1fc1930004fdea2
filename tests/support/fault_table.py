"""Every fault at every stage, and what must be true of each: the promises of docs/reliability.md, in one place.

Invariants, checked after every cell:
1. The submission ends done, with exactly the frames that were rendered, byte for byte; either by itself, or after it
   stopped with a problem in words and the user pressed *Retry*.
2. No file ever has a real name before it is whole.
3. No frame is rendered twice for one submission, and no second job of it is started.
4. Nothing hangs: each try ends within its time limit.
5. The fault was met where the table says; an answer that trickles is given up, and who is asked to wait waits.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from carrying import Carrying, expected
from fault_proxy import MIDDLE, Fault, FaultProxy
from painting_farm import PaintingFarm

from farmhand.client.retry import RetryPolicy
from farmhand.farm import access
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.storage import Storage
from farmhand.jobs.journal.submission import Request, State, Submission

STAGES: dict[str, str | tuple[str, ...]] = {
    "upload link": r"^POST .*/uploads$",
    "upload": r"^PUT /storage/",
    "create": r"^POST .*/jobs$",
    "validate": r"^POST .*/validate$",
    "render": r"^POST .*/render$",
    "poll": (r"^POST .*/render$", r"^GET .*/jobs/[^/]+(/progress)?$"),  # before that it is `validate` that looks
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
    "byte flipped": ("corrupted", MIDDLE),
    "slow drip": ("trickle", 0.1),
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
    "expired link": ("rewritten", 0),
}
ONLY_AT = {"upload cut": ("upload",), "forged link": ("upload", "pull"), "expired link": ("upload", "pull")}
NOT_AT = {  # storage answers a PUT without a body, and a file is no JSON
    "body cut": ("upload",),
    "body corrupted": ("upload",),
    "byte flipped": ("upload",),
    "broken JSON": ("upload", "pull"),
    "other JSON": ("upload", "pull"),
}
HARMLESS = ("latency",)
LITTLE_PATIENCE = RetryPolicy(first=0.05, ceiling=0.2, unreachable=1.2, faulty=1.2, late=0.5)
LIMIT_SECONDS = 45.0


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
    """recovered: without anybody's help. word: the problem's code where it stopped."""

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
    rewrite = expired(farm) if kind == "rewritten" else str
    fault = proxy.add(kind, STAGES[cell.stage], times=-1 if cell.for_good else 1, value=value, rewrite=rewrite)
    submission = courier.submit()
    first = _timed(courier, submission)
    assert fault.struck, "The fault was never met."
    assert not fault.is_through, "The client waited for an answer that trickled."
    if kind == "retry_after":
        assert _pause(fault, proxy, cell.stage) >= value
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


def expired(farm: PaintingFarm) -> Callable[[str], str]:
    """Makes of a request with a signed link the same with one that the farm has signed too, until a second ago."""
    storage = Storage(FolderObjects(farm.data / "objects"), access.load_secret(farm.data))

    def rewrite(first: str) -> str:
        method, address, version = first.split(" ")
        key = unquote(urlsplit(address).path).removeprefix("/storage/")
        return f"{method} {storage.link('', key, method, int(time.time()) - 1)} {version}"

    return rewrite


def _pause(fault: Fault, proxy: FaultProxy, stage: str) -> float:
    """Seconds from the strike to the next request; files are pulled side by side, so to the next for the same one."""
    seen, struck = proxy.seen, fault.struck_at
    again = re.escape(seen[struck].partition("?")[0]) if stage == "pull" else ""
    following = next(at for at in range(struck + 1, len(seen)) if re.match(again, seen[at]))
    return proxy.seen_at[following] - proxy.seen_at[struck]


def _timed(courier: Carrying, submission: Submission) -> Submission:
    started = time.monotonic()
    result = courier.carry(submission, retry=LITTLE_PATIENCE)
    seconds = time.monotonic() - started
    assert seconds < LIMIT_SECONDS, f"It took {seconds:.0f} s: {result}"
    return result
