"""The state machine: three people in two workspaces use one farm in any order, and the farm is killed on the way.

The lifecycle is written down here once more, from the contract: not even the farm's own table is trusted.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from quick_engine import QuickFarm, package, picture
from running_farm import API
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API
from farmhand.farm.state.database import Database
from farmhand.farm.state.keys import Keys, Role
from farmhand.farm.state.workspaces import Workspaces

NEXT = {
    "created": {"validating", "failed", "canceled"},
    "validating": {"validated", "failed", "canceled"},
    "validated": {"booting", "failed", "canceled"},
    "booting": {"rendering", "finalizing", "failed", "canceled"},
    "rendering": {"finalizing", "failed", "canceled"},
    "finalizing": {"completed", "failed", "canceled"},
    "completed": set[str](),
    "failed": set[str](),
    "canceled": set[str](),
}
OVER = {"completed", "failed", "canceled"}
STARTED = {"booting", "rendering", "finalizing", *OVER}
PEOPLE = (("ada", "film"), ("bob", "film"), ("eve", "games"))
WHO = st.integers(0, len(PEOPLE) - 1)
WHICH = st.integers(0, 20)
_numbers = itertools.count(1)


def reachable(status: str) -> set[str]:
    """Every status that a job may have later, its own included."""
    found = {status}
    while (more := {new for each in found for new in NEXT[each]}) - found:
        found |= more
    return found


@dataclass
class Job:
    """status: as last seen. done: frames that somebody was given links to, with how often they had been rendered."""

    id: str
    workspace: str
    scene: bytes
    status: str = "created"
    is_paused: bool = False
    frames: int = 0
    done: dict[int, int] = field(default_factory=dict)


@dataclass
class Upload:
    slug: str
    workspace: str
    scene: bytes


class Workspace(RuleBasedStateMachine):
    """farm: shared by all runs; each has workspaces of its own. tally: counts for whoever reads the output."""

    farm: ClassVar[QuickFarm]
    tally: ClassVar[dict[str, int]]

    def __init__(self) -> None:
        super().__init__()
        self.tally["runs"] = self.tally.get("runs", 0) + 1
        self._mark = uuid.uuid4().hex
        self._turns = itertools.count()
        self._jobs: list[Job] = []
        self._uploads: list[Upload] = []
        self._secrets: dict[str, set[str]] = {workspace: set() for _, workspace in PEOPLE}
        self._http = httpx.Client(timeout=30, trust_env=False)
        self._keys: list[tuple[str, str]] = []
        for name, workspace in PEOPLE:
            self._keys.append(self._new_key(name, workspace))

    def _new_key(self, name: str, workspace: str) -> tuple[str, str]:
        database = Database(self.farm.data / "farm.sqlite3", migrate=False)
        space = Workspaces(database).find_or_create(f"{workspace}-{self._mark}")
        record, key = Keys(database).create(name, space.id, Role.SUBMIT)
        database.close()
        self._secrets[workspace] |= {space.id, space.name}
        return record.id, key

    def _ask(self, who: int, method: str, path: str, body: Any = None, prefix: str = API) -> httpx.Response:
        """A call; whatever is answered, nothing of another workspace is in it."""
        answer = self._http.request(
            method, self.farm.url + prefix + path, json=body, headers={"Authorization": f"Bearer {self._keys[who][1]}"}
        )
        own = PEOPLE[who][1]
        for workspace, secrets in self._secrets.items():
            if workspace != own:
                told = [each for each in secrets if each in answer.text and each not in path]
                assert not told, f"{PEOPLE[who][0]} learns {told} of {workspace} from {method} {path}"
        assert answer.status_code < 500, answer.text
        return answer

    def _job(self, which: int) -> Job | None:
        return self._jobs[which % len(self._jobs)] if self._jobs else None

    def _is_foreign(self, who: int, job: Job, answer: httpx.Response) -> bool:
        if job.workspace == PEOPLE[who][1]:
            return False
        assert answer.status_code == 404, "a job of another workspace does not exist"
        self.tally["calls for another workspace's job"] = self.tally.get("calls for another workspace's job", 0) + 1
        return True

    def _saw(self, job: Job, status: str) -> None:
        assert status in reachable(job.status), f"a job went from {job.status} to {status}"
        job.status = status

    # What people do

    @initialize(failing=st.sampled_from((0, 0, 0, 2)), frames=st.integers(1, 6))
    def both_workspaces_have_work(self, failing: int, frames: int) -> None:
        for who in (0, 2):
            self.submit(who, failing, 0.3, frames)

    @rule(
        who=WHO, failing=st.sampled_from((0, 0, 0, 2)), seconds=st.sampled_from((0.0, 0.02)), frames=st.integers(1, 6)
    )
    def submit(self, who: int, failing: int, seconds: float, frames: int) -> None:
        """All at once, as Farmhand does."""
        self.upload(who, failing, seconds)
        self.create(who, len(self._uploads) - 1)
        self.validate(who, len(self._jobs) - 1)
        self.render(who, len(self._jobs) - 1, frames, True)

    @rule(who=WHO, failing=st.sampled_from((0, 0, 0, 2)), seconds=st.sampled_from((0.0, 0.0, 0.02)))
    def upload(self, who: int, failing: int, seconds: float) -> None:
        name = f"{PEOPLE[who][1]}-{self._mark}-{next(_numbers)}.blend"
        target = self._ask(who, "POST", "/uploads", {"fileName": name, "fileType": "blend"}).json()
        scene = package(next(_numbers), failing_frame=failing, seconds=seconds)
        assert httpx.put(target["uploadUrl"], content=scene, trust_env=False).status_code == 200
        self._secrets[PEOPLE[who][1]] |= {name, target["slug"]}
        self._uploads.append(Upload(target["slug"], PEOPLE[who][1], scene))

    @rule(who=WHO, which=WHICH)
    def create(self, who: int, which: int) -> None:
        if not self._uploads:
            return
        upload = self._uploads[which % len(self._uploads)]
        answer = self._ask(who, "POST", "/jobs", {"slug": upload.slug})
        if upload.workspace != PEOPLE[who][1]:
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_slug")
            return
        job = Job(answer.json()["id"], upload.workspace, upload.scene)
        assert answer.json()["status"] == "created"
        self._secrets[upload.workspace].add(job.id)
        self._jobs.append(job)

    @rule(who=WHO, which=WHICH)
    def validate(self, who: int, which: int) -> None:
        job = self._job(which)
        if job is None:
            return
        answer = self._ask(who, "POST", f"/jobs/{job.id}/validate")
        if self._is_foreign(who, job, answer):
            return
        assert (answer.status_code == 200) == (job.status == "created"), "validated once, and only a new job"
        if answer.status_code == 200:
            self._saw(job, answer.json()["status"])
            assert job.status != "created"

    @rule(who=WHO, which=WHICH, frames=st.integers(1, 6), is_patient=st.booleans())
    def render(self, who: int, which: int, frames: int, is_patient: bool) -> None:
        job = self._job(which)
        if job is None:
            return
        if is_patient and job.status == "validating" and job.workspace == PEOPLE[who][1]:
            wait_until(lambda: self._status(who, job) != "validating", "the job is validated")
        body = {"requestedRenderConfig": {"colorManagementPreset": "default", "frameRanges": [f"1-{frames}"]}}
        answer = self._ask(who, "POST", f"/jobs/{job.id}/render", body)
        if self._is_foreign(who, job, answer):
            return
        if job.frames:
            assert answer.headers.get("X-Idempotent-Replay") == "true", "a second start changes nothing"
        elif answer.status_code == 200:
            assert reachable(job.status) & {"validated"}, f"a job that was {job.status} is rendered"
            job.frames = frames
        else:
            assert answer.status_code == 400
            assert job.status != "validated", "a validated job can be rendered"
            return
        self._saw(job, answer.json()["status"])
        assert job.status in STARTED

    @rule(who=WHO, which=WHICH, by_ours=st.booleans())
    def cancel(self, who: int, which: int, by_ours: bool) -> None:
        job = self._job(which)
        if job is None:
            return
        answer = self._ask(who, "POST", f"/jobs/{job.id}/cancel", prefix=FARM_API if by_ours else API)
        if self._is_foreign(who, job, answer):
            return
        if answer.status_code == 200:
            assert job.status not in OVER
            self._saw(job, "canceled")
        else:
            assert answer.status_code == 400 and self._status(who, job) in OVER

    @rule(
        who=WHO,
        which=WHICH,
        wishes=st.fixed_dictionaries(
            {}, optional={"isPaused": st.booleans(), "priority": st.integers(-5, 5), "endsFirst": st.booleans()}
        ),
    )
    def reorder(self, who: int, which: int, wishes: dict[str, Any]) -> None:
        job = self._job(which)
        if job is None:
            return
        answer = self._ask(who, "PATCH", f"/jobs/{job.id}", wishes, FARM_API)
        if self._is_foreign(who, job, answer):
            return
        if answer.status_code == 200:
            assert {name: answer.json()[name] for name in wishes} == wishes
            job.is_paused = answer.json()["isPaused"]
            self._saw(job, answer.json()["status"])
        else:
            assert answer.status_code == 400 and self._status(who, job) in OVER

    @rule(who=WHO, which=WHICH, what=st.sampled_from(("", "/progress", "/downloads")))
    def look(self, who: int, which: int, what: str) -> None:
        job = self._job(which)
        if job is None:
            return
        answer = self._ask(who, "GET", f"/jobs/{job.id}{what}")
        if self._is_foreign(who, job, answer):
            return
        if what == "":
            self._saw(job, answer.json()["data"]["status"])
        elif what == "/downloads":
            self._check_frames(job, answer.json())

    @rule(who=WHO)
    def change_the_key(self, who: int) -> None:
        old = self._keys[who]
        database = Database(self.farm.data / "farm.sqlite3", migrate=False)
        Keys(database).revoke(old[0])
        database.close()
        assert self._ask(who, "GET", "/jobs").status_code == 401
        self._keys[who] = self._new_key(*PEOPLE[who])

    @rule(dice=st.integers(1, 6))
    def the_farm_is_killed(self, dice: int) -> None:
        if dice != 4:
            return
        for job in self._jobs:
            who = self._owner(job)
            self._check_frames(job, self._ask(who, "GET", f"/jobs/{job.id}/downloads").json())
        self.farm.kill()
        self.farm.start()
        self.tally["kills"] = self.tally.get("kills", 0) + 1

    # What is always so

    @invariant()
    def one_after_another_sees_the_jobs_of_their_workspace_and_no_others(self) -> None:
        self._look_around(next(self._turns) % len(PEOPLE))

    def _look_around(self, who: int) -> None:
        own = {job.id: job for job in self._jobs if job.workspace == PEOPLE[who][1]}
        listed = self._ask(who, "GET", "/jobs?pageSize=200").json()
        assert {job["id"] for job in listed["jobs"]} == own.keys()
        assert listed["pagination"]["total"] == len(own)
        for each in listed["jobs"]:
            self._saw(own[each["id"]], each["status"])
        queued = self._ask(who, "GET", "/jobs?limit=200", prefix=FARM_API).json()["jobs"]
        assert {job["id"] for job in queued} <= own.keys()
        running = self._ask(who, "GET", "/jobs/progress").json()
        assert {job["jobId"] for job in running} <= own.keys()
        self._ask(who, "GET", "/workers", prefix=FARM_API)

    def teardown(self) -> None:
        """In the end everything that was started is over, and each frame is there, once, as its own scene paints it."""
        try:
            for job in self._jobs:
                who = self._owner(job)
                if job.is_paused and self._status(who, job) not in OVER:
                    self._ask(who, "PATCH", f"/jobs/{job.id}", {"isPaused": False}, FARM_API)
            for job in self._jobs:
                if job.frames:
                    self._check_end(job)
            for who in range(len(PEOPLE)):
                self._look_around(who)
        finally:
            self._http.close()

    def _check_end(self, job: Job) -> None:
        who = self._owner(job)
        wait_until(lambda: self._status(who, job) in OVER, f"the job is over, and not {job.status}")
        self._check_frames(job, self._ask(who, "GET", f"/jobs/{job.id}/downloads").json())
        if job.status == "completed":
            assert sorted(job.done) == list(range(1, job.frames + 1))
        rendered = self.farm.renders(job.scene)
        for frame, times in job.done.items():
            shared = sum(other.scene == job.scene for other in self._jobs)
            assert shared > 1 or rendered.count(frame) == times, f"frame {frame} was there and was rendered again"
        self.tally[f"jobs {job.status}"] = self.tally.get(f"jobs {job.status}", 0) + 1

    def _check_frames(self, job: Job, downloads: dict[str, Any]) -> None:
        outputs = downloads["frameOutputs"]
        assert len({each["frame"] for each in outputs}) == len(outputs), "each frame is delivered once"
        rendered = self.farm.renders(job.scene)
        for each in outputs:
            content = self._http.get(each["url"]).content
            assert content == picture(job.scene, each["frame"]), "a frame has the bytes of its own scene"
            job.done.setdefault(each["frame"], rendered.count(each["frame"]))

    def _owner(self, job: Job) -> int:
        return next(who for who, (_, workspace) in enumerate(PEOPLE) if workspace == job.workspace)

    def _status(self, who: int, job: Job) -> str:
        self._saw(job, self._ask(who, "GET", f"/jobs/{job.id}").json()["data"]["status"])
        return job.status


def machine(farm: QuickFarm, tally: dict[str, int]) -> Callable[[], Workspace]:
    return type("Workspaces", (Workspace,), {"farm": farm, "tally": tally})
