"""Names that a service gives its files: what is saved, under which name, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from carrying import Carrying, expected

from farmhand.client.models import Downloads, FailedReason, Job
from farmhand.client.service import Service
from farmhand.courier.pipeline.steps import failed
from farmhand.jobs.journal.submission import FrameState, State


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the service give its files other members, by the name of the file."""

    def rename(changes: dict[str, dict[str, str | None]]) -> None:
        real = Service.downloads

        def downloads(service: Service, job_id: str, frames: int = 0) -> Downloads:
            found = real(service, job_id, frames)
            outputs = [one.model_copy(update=changes.get(one.file_name or "", {})) for one in found.frame_outputs or []]
            return found.model_copy(update={"frame_outputs": outputs})

        monkeypatch.setattr(Service, "downloads", downloads)

    return rename


NO_FILE = {
    "leaves the folder": {"relative_path": "../0002.png"},
    "a name too long": {"file_name": "x" * 300 + "_0002.png", "relative_path": None},
    "a view that is a path": {"view": "a/1"},
    "a view that is a path on Windows": {"view": "x\\1"},
    "a view with a nul": {"view": "x\0"},
}
NO_FILE_BY_ITS_OWN_NAME = {
    "a path too long": {"relative_path": "/".join(["d" * 250] * 18) + "/0002.png"},
    "below another file": {"relative_path": "mine.txt/0002.png"},
    "in place of a folder": {"file_name": "folder_0002", "relative_path": None},
}


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        *(pytest.param(change, None, id=name) for name, change in NO_FILE.items()),
        *(pytest.param(change, "", id=name) for name, change in (NO_FILE | NO_FILE_BY_ITS_OWN_NAME).items()),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_in_words_and_all_others_come(
    change: dict[str, str | None], pattern: str | None, courier: Carrying, renamed: Callable[..., None]
) -> None:
    renamed({"0002.png": change})
    (courier.output / "folder_0002").mkdir(parents=True)
    (courier.output / "mine.txt").write_bytes(b"mine")
    changes = {} if pattern is None else {"output_pattern": pattern}
    done = courier.carry(courier.submit(output_existing="replace", **changes))
    (refused,) = [record for record in courier.frames(done) if record.state is FrameState.REJECTED]
    assert (done.state, done.problem, done.frames_done) == (State.DONE, None, 2)
    assert refused.reason and refused.path == "" and refused.frame == 2
    assert "could not be saved: 1" in done.note
    assert sorted(courier.files().values()) == sorted([*expected([1, 3]).values(), b"mine"])


@pytest.mark.parametrize("name", ["shot.blend", "thesis.docx", "logo.png", "render.mp4"])
def test_a_service_replaces_no_file_that_is_none_of_the_jobs_frames(
    name: str, courier: Carrying, renamed: Callable[..., None]
) -> None:
    renamed({"0002.png": {"file_name": name, "relative_path": None}})
    courier.output.mkdir(parents=True, exist_ok=True)
    mine = courier.output / name
    mine.write_bytes(b"years of work")
    done = courier.carry(courier.submit(output_existing="replace", output_pattern=""))
    assert mine.read_bytes() == b"years of work"
    assert done.frames_done == 3


def test_words_of_a_service_reach_no_terminal_as_they_are(courier: Carrying) -> None:
    words = "\x1b[2J\x1b]0;owned\x07All 250 frames are here.\nreally" + "x" * 10**6
    now = datetime.now(UTC)
    reason = FailedReason(name=words, type="\u202eevil")
    forged = Job(id="0b9c", status="failed", workspace_id="w", created_at=now, updated_at=now, failed_reason=reason)
    problem = str(failed(courier.submit(), forged).problem)
    assert problem.replace("\n", "").isprintable()
    assert len(problem) < 2000


def test_a_job_that_failed_says_why_without_the_services_code(courier: Carrying) -> None:
    now = datetime.now(UTC)
    reason = FailedReason(name="Frame 4 could not be rendered.", type="frames_failed")
    job = Job(id="0b9c", status="failed", workspace_id="w", created_at=now, updated_at=now, failed_reason=reason)
    problem = failed(courier.submit(), job).problem
    assert problem is not None and str(problem.what) == "The render failed: Frame 4 could not be rendered."


def test_a_job_of_which_nothing_can_be_written_here_is_not_called_done(
    courier: Carrying, renamed: Callable[..., None]
) -> None:
    renamed({f"000{frame}.png": {"relative_path": f"../000{frame}.png"} for frame in (1, 2, 3)})
    stopped = courier.carry(courier.submit())
    assert stopped.state is State.STOPPED and stopped.problem is not None
    assert "None of the job's files can be saved" in stopped.problem.what
    assert courier.files() == {}


def test_two_names_of_full_length_that_differ_in_case_alone_both_come(
    courier: Carrying, renamed: Callable[..., None]
) -> None:
    twins = {
        "0002.png": {"file_name": f"{'x' * 251}.png", "relative_path": None},
        "0003.png": {"file_name": f"{'X' * 251}.png", "relative_path": None},
    }
    renamed(twins)
    stopped = courier.carry(courier.submit(output_pattern=""))
    assert (
        stopped.problem is not None and "frames 2-3 could not be downloaded" in stopped.problem.what
    )  # by their names
    assert sorted(courier.files().values()) == sorted(expected().values())


def test_a_name_that_becomes_too_long_to_keep_both_is_refused(courier: Carrying, renamed: Callable[..., None]) -> None:
    name = "x" * 246 + "_0002.png"
    renamed({"0002.png": {"file_name": name, "relative_path": None}})
    courier.output.mkdir()
    (courier.output / name).write_bytes(b"mine")
    done = courier.carry(courier.submit(output_pattern="", output_existing="keep"))
    assert done.state is State.DONE
    assert courier.files()[name] == b"mine"
    assert [record.name for record in courier.frames(done) if record.state is FrameState.REJECTED] == [name]
