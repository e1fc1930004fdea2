"""Submissions without a Blender to make them: job folders, carried in the test's own process or by a real courier."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painting_farm import HEIGHT, WIDTH, picture
from processes import kill
from waiting import wait_until

from farmhand.client.network.network import NetworkSettings
from farmhand.client.retry import PollInterval, RetryPolicy
from farmhand.client.service import Service
from farmhand.client.transfer.connections import ConnectionPool
from farmhand.courier.frames import recheck
from farmhand.courier.job.context import JobContext
from farmhand.courier.job.control import JobControl
from farmhand.courier.pipeline.runner import run
from farmhand.courier.process import launcher
from farmhand.courier.servers.servers import Server
from farmhand.jobs import submit
from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal import request_rules
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, Request, State, Submission
from farmhand.jobs.process.file_lock import is_held
from farmhand.jobs.user_folder import UserFolder

PACKAGE_BYTES = 300_000
QUICK = RetryPolicy(first=0.05, ceiling=0.3, unreachable=4.0, faulty=3.0, late=1.0)
STANDING = (State.WAITING, State.PAUSED, State.STOPPED)


@dataclass
class Carrying:
    """One user folder, one output folder, and a service at `url`."""

    folder: Path
    url: str
    key: str
    network: NetworkSettings = field(
        default_factory=lambda: NetworkSettings(connect_seconds=2.0, silence_seconds=1.0, call_seconds=2.0)
    )

    @property
    def home(self) -> UserFolder:
        return UserFolder(self.folder / "home")

    @property
    def output(self) -> Path:
        return self.folder / "render"

    def submit(self, frames: Sequence[int] = (1, 2, 3), *, package: bytes = b"", **changes: Any) -> Submission:
        """A finished job folder in the journal. changes: members of JobFile, and output's by `output_…`."""
        identity = job_folder.new_id()
        folder = self.home.job(identity)
        folder.mkdir(parents=True)
        file = folder / "package.blend"
        file.write_bytes(package or b"BLENDER" + random.Random(7).randbytes(PACKAGE_BYTES))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        place = {
            "folder": str(self.output),
            "pattern": str(self.output / "shot_####.png"),
            "width": WIDTH,
            "height": HEIGHT,
        }
        place |= {name.removeprefix("output_"): changes.pop(name) for name in [*changes] if name.startswith("output_")}
        first, last = min(frames), max(frames)
        values: dict[str, Any] = {
            "id": identity,
            "name": "shot",
            "server_url": self.url,
            "blend": "",
            "scene": "Scene",
            "camera": "",
            "view_layer": "",
            "blender": [],
            "blender_version": "5.0.1",
            "package": job_folder.Package(
                file.name, "blend", "shot.blend", file.stat().st_size, digest, file.stat().st_mtime_ns
            ),
            "output": job_folder.Output(**place),
            "render_config": {"colorManagementPreset": "default", "frameRanges": [f"{first}-{last}"]},
            "frames": list(frames),
        }
        job_folder.write(folder, job_folder.JobFile(**{**values, **changes}))
        return submit.enqueue(self.home, folder)

    def carry(
        self,
        submission: Submission,
        control: JobControl | None = None,
        *,
        objects: Path | None = None,
        **changes: Any,
    ) -> Submission:
        """Run the pipeline here and now, with little patience. objects: as if for a farm on this computer."""
        pace = PollInterval(0.02, 0.1)
        with (
            Journal(self.home.journal) as journal,
            Service(self.url, self.key, network=self.network) as service,
            ConnectionPool(self.network) as pool,
        ):
            folder = self.home.job(submission.id)
            latest = journal.submission(submission.id)
            assert latest is not None
            context = JobContext(
                journal=journal,
                folder=folder,
                job=job_folder.read(folder),
                server=Server(lambda: service, pace, is_local=False, objects=objects),
                control=control or JobControl(),
                pool=pool,
                **{"retry": QUICK, **changes},
            )
            return run(context, latest)

    def now(self, submission: Submission) -> Submission:
        with Journal(self.home.journal) as journal:
            found = journal.submission(submission.id)
            assert found is not None
            return found

    def ask(self, submission: Submission, request: Request) -> None:
        with Journal(self.home.journal) as journal:
            journal.ask(submission.id, request)
        self.start_courier()

    def answer(self, submission: Submission, request: Request) -> Submission:
        """What a courier does with a request for a submission that nobody carries."""
        with Journal(self.home.journal) as journal:
            answered = request_rules.answer(self.home, journal, submission, request)
            if request is Request.PULL_AGAIN:
                recheck.compare(journal, answered, JobControl())
            return answered

    def frames(self, submission: Submission) -> list[FrameRecord]:
        with Journal(self.home.journal) as journal:
            return journal.frames(submission.id)

    def start_courier(self) -> None:
        launcher.ensure_courier(self.home, {self.url: self.key})

    def courier_pid(self) -> int:
        with Journal(self.home.journal) as journal:
            presence = journal.courier()
        return presence.pid if presence else 0

    def kill_courier(self) -> None:
        """As a power cut would; returns when it is gone, and whoever was waiting to take its place too."""

        def is_gone() -> bool:
            pid = self.courier_pid()
            if pid:  # 0 after a good-bye
                kill(pid)
            return not is_held(self.home.lock)

        wait_until(lambda: self.courier_pid() != 0 or not is_held(self.home.lock), "a courier is there")
        wait_until(is_gone, "the courier is gone")

    def wait_until_standing(self, submission: Submission) -> Submission:
        """Until it is over or waits for somebody."""

        def stands() -> bool:
            now = self.now(submission)
            return now.is_over or now.state in STANDING

        wait_until(stands, f"{submission.id} is over or stands still")
        return self.now(submission)

    # What must be true

    def files(self) -> dict[str, bytes]:
        """Everything in the output folder, temporary files too, but for what gets its name while we look."""
        found = dict[str, bytes]()
        for file in self.output.rglob("*") if self.output.exists() else ():
            with contextlib.suppress(FileNotFoundError):
                if file.is_file():
                    found[file.relative_to(self.output).as_posix()] = file.read_bytes()
        return found

    def real_files(self) -> dict[str, bytes]:
        return {name: data for name, data in self.files().items() if ".farmhand-part" not in name}


def expected(frames: Sequence[int] = (1, 2, 3)) -> dict[str, bytes]:
    """What the painting farm's frames are, under the names that the pattern gives them."""
    return {f"shot_{frame:04d}.png": picture(frame) for frame in frames}


@contextlib.contextmanager
def carrying(folder: Path, url: str, key: str) -> Iterator[Carrying]:
    """A user folder with nobody at work in it when it is left."""
    ours = Carrying(folder, url, key)
    try:
        yield ours
    finally:
        if ours.home.journal.exists() and is_held(ours.home.lock):
            ours.kill_courier()
