"""The state machine: whatever a network, a power cut, a user or an operating system may do, in any order."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from world import Run, Service

from farmhand.jobs.journal.submission import Request

MOST_SUBMISSIONS = 3
MOST_FRAMES = 6
Fault = tuple[str, str, float]
# Kind, where it may strike ("METHOD /path"), value: see fault_proxy. A 404 to a cancel means "no such job" and is the
# service's last word, so none is made up there.
FAULTS: tuple[Fault, ...] = (
    ("latency", ".", 0.1),
    ("reset", ".", 0),
    ("half_close", ".", 0.05),
    ("black_hole", ".", 0.2),
    ("answer_lost", "POST /api/", 0),
    ("answer_lost", "PUT /storage/", 0),
    ("upload_cut", "PUT /storage/", 1000),
    ("truncated", "/api/", 20),
    ("truncated", "GET /storage/", 700),
    ("corrupted", "GET /storage/", 700),
    ("forged", "/storage/", 0),
    ("drip", "GET /storage/", 0.02),
    ("status", "/api/", 401),
    ("status", r"/api/(?!.*cancel)", 404),
    ("status", "/api/", 409),
    ("status", "POST /api/", 400),
    ("status", ".", 429),
    ("status", ".", 500),
    ("status", ".", 503),
    ("status", "/storage/", 403),
    ("status", "/storage/", 404),
    ("retry_after", ".", 0.05),
    ("page", ".", 0),
    ("not_json", "/api/", 0),
    ("other_json", "/api/", 0),
)
REQUESTS = (
    Request.CANCEL,
    Request.PAUSE,
    Request.RESUME,
    Request.RETRY,
    Request.CONFIRM,
    Request.PULL_AGAIN,
)
MOMENTS = st.one_of(st.just(0), st.integers(1, 40), st.integers(41, 150))
PAUSES = st.sampled_from((0.0, 0.05, 0.1, 0.3))
TIMES = st.sampled_from((1, 2, 5, -1))


class Adversity(RuleBasedStateMachine):
    """Each rule is a blow, and some time for a courier to live with it; there always is one, as Blender starts one.

    No rule has a precondition: what it finds depends on time, and what cannot be done does nothing.
    """

    service: ClassVar[Service]

    def __init__(self) -> None:
        super().__init__()
        self._is_sound = False
        self.service.start_farm()
        self._run = Run(self.service)
        self.service.tally["runs"] += 1

    @initialize(
        frames=st.integers(1, MOST_FRAMES),
        needs_confirm=st.booleans(),
        failing_frame=st.sampled_from((0, 0, 0, 0, 1, 3)),
        faults=st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(1, 3)), min_size=1, max_size=4),
        dies_at=MOMENTS,
        seconds=PAUSES,
    )
    def a_first_submission(
        self,
        frames: int,
        needs_confirm: bool,
        failing_frame: int,
        faults: list[tuple[Fault, int]],
        dies_at: int,
        seconds: float,
    ) -> None:
        for fault, times in faults:
            self._fail(fault, times, 1)
        self._submit(frames, needs_confirm, failing_frame)
        self._work(dies_at, seconds)

    @rule(frames=st.integers(1, MOST_FRAMES), dies_at=MOMENTS, seconds=PAUSES)
    def another_submission(self, frames: int, dies_at: int, seconds: float) -> None:
        if len(self._run.cases) < MOST_SUBMISSIONS:
            self._submit(frames, False, 0)
        self._work(dies_at, seconds)

    @rule(dies_at=MOMENTS, seconds=PAUSES)
    def time_passes(self, dies_at: int, seconds: float) -> None:
        self._work(dies_at, seconds)

    @rule(dies_at=MOMENTS, seconds=PAUSES)
    def the_courier_is_killed(self, dies_at: int, seconds: float) -> None:
        self._tell("the courier is killed")
        self._run.kill_courier()
        self._work(dies_at, seconds)

    @rule(seconds=PAUSES)
    def the_courier_is_asked_to_leave(self, seconds: float) -> None:
        self._tell(f"the courier is asked to leave; {seconds} s pass")
        self._run.ask_courier_to_leave()
        self._run.wait(seconds)

    @rule(seconds_down=PAUSES, farm_dies_at=MOMENTS, dies_at=MOMENTS, seconds=PAUSES)
    def the_farm_is_killed(self, seconds_down: float, farm_dies_at: int, dies_at: int, seconds: float) -> None:
        self._tell("the farm is killed")
        self.service.kill_farm()
        self._work(dies_at, seconds_down)
        self._tell(f"the farm is started, dies at moment {farm_dies_at}")
        self.service.start_farm(farm_dies_at)
        self._work(dies_at, seconds)

    @rule(
        fault=st.sampled_from(FAULTS),
        times=TIMES,
        every=st.integers(1, 3),
        is_new=st.booleans(),
        dies_at=MOMENTS,
        seconds=PAUSES,
    )
    def the_network_fails(
        self, fault: Fault, times: int, every: int, is_new: bool, dies_at: int, seconds: float
    ) -> None:
        if is_new:
            self._tell("the network recovers")
            self.service.recover()
        self._fail(fault, times, every)
        self._work(dies_at, seconds)

    @rule(
        which=st.integers(0, MOST_SUBMISSIONS - 1), request=st.sampled_from(REQUESTS), dies_at=MOMENTS, seconds=PAUSES
    )
    def the_user_asks(self, which: int, request: Request, dies_at: int, seconds: float) -> None:
        case = self._run.cases[which % len(self._run.cases)]
        self._tell(f"the user asks for {request} of {case.id}")
        self._run.ask(case, request)
        self._work(dies_at, seconds)

    @rule(frame=st.integers(1, MOST_FRAMES), delete=st.booleans(), dies_at=MOMENTS, seconds=PAUSES)
    def the_user_spoils_a_frame(self, frame: int, delete: bool, dies_at: int, seconds: float) -> None:
        case = self._run.cases[0]
        self._tell(f"the user {'deletes' if delete else 'paints over'} frame {frame} of {case.id}")
        self._run.spoil(case, frame, delete=delete)
        self._work(dies_at, seconds)

    @invariant()
    def what_always_holds(self) -> None:
        self._is_sound = False
        self._run.check()
        self._is_sound = True

    def teardown(self) -> None:
        try:
            if self._is_sound:  # else the run has failed already, and that failure is the one to be told
                self._run.check_the_end()
        finally:
            self._run.close()
            self.service.recover()

    def _submit(self, frames: int, needs_confirm: bool, failing_frame: int) -> None:
        self._run.submit(frames, needs_confirm=needs_confirm, failing_frame=failing_frame)
        words = f"{frames} frames, {needs_confirm=}, {failing_frame=}"
        self._tell(f"submitted: {self._run.cases[-1].id}, {words}")

    def _fail(self, fault: Fault, times: int, every: int) -> None:
        kind, where, value = fault
        self._tell(f"{kind} {value} strikes {where}, every {every}., {times} times")
        self.service.proxy.add(kind, where, times=times, value=value, every=every)

    def _work(self, dies_at: int, seconds: float) -> None:
        self._tell(f"a courier works, dies at moment {dies_at}; {seconds} s pass")
        self._run.start_courier(dies_at)
        self._run.wait(seconds)

    def _tell(self, what: str) -> None:
        self._run.story.append(what)
