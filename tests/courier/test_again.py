"""Other frames of a package that was sent before."""

import time
from pathlib import Path

import pytest

from farmhand.client.errors import LocalProblem
from farmhand.jobs import resubmit, submit
from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Stage, State, Submission
from farmhand.jobs.user_folder import UserFolder


@pytest.fixture
def sent(home: Path) -> Submission:
    """Test frames that are over, with its job folder."""
    folder = UserFolder(home).job("test")
    job_folder.write(
        folder,
        job_folder.JobFile(
            id="test",
            name="shot · test",
            server_url="local",
            blend="/p/shot.blend",
            scene="Scene",
            camera="",
            view_layer="",
            blender=["blender"],
            blender_version="5.0.1",
            package=job_folder.Package("package.blend", "blend", "shot.blend", 4, ""),
            output=job_folder.Output("/p/render", existing="ask"),
            render_config={"colorManagementPreset": "default", "frameRanges": ["1", "5", "9"]},
            frames=[1, 5, 9],
        ),
    )
    (folder / "package.blend").write_bytes(b"data")
    (folder / "manifest.json").write_text("{}")
    made = submit.enqueue(UserFolder(home), folder)
    with Journal(UserFolder(home).journal) as journal:
        return journal.save(made.with_(slug="the-upload", state=State.DONE, stage=Stage.FINISHED))


def test_the_rest_asks_for_the_frames_that_are_left(home: Path, sent: Submission) -> None:
    made = resubmit.resubmit(UserFolder(home), sent, [2, 3, 4], "shot · rest")
    job = job_folder.read(UserFolder(home).job(made.id))
    assert (job.frames, job.render_config["frameRanges"]) == ([2, 3, 4], ["2-4"])


def test_the_upload_is_used_again_before_another_is_made(home: Path, sent: Submission) -> None:
    made = resubmit.resubmit(UserFolder(home), sent, [2], "again")
    assert (made.stage, made.slug, made.upload_done) == (Stage.CREATE, "the-upload", 4)


def test_the_package_takes_no_second_place_on_the_disk(home: Path, sent: Submission) -> None:
    made = resubmit.resubmit(UserFolder(home), sent, [2], "again")
    package = UserFolder(home).job(made.id) / "package.blend"
    assert package.samefile(UserFolder(home).job("test") / "package.blend")


def test_the_new_submission_is_in_the_journal_beside_the_old_one(home: Path, sent: Submission) -> None:
    made = resubmit.resubmit(UserFolder(home), sent, [2], "again")
    with Journal(UserFolder(home).journal) as journal:
        assert {one.id for one in journal.submissions()} == {made.id, sent.id}
    assert made.created <= time.time()


def test_a_courier_that_takes_it_up_at_once_is_not_overwritten(
    home: Path, sent: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Journal.add

    def added_and_taken_up(journal: Journal, submission: Submission, *remark: str) -> bool:
        is_new = add(journal, submission, *remark)
        with Journal(journal.path) as courier:
            courier.save(submission.with_(state=State.ACTIVE, stage=Stage.VALIDATE, job_id="job"))
        return is_new

    monkeypatch.setattr(Journal, "add", added_and_taken_up)
    made = resubmit.resubmit(UserFolder(home), sent, [2], "again")
    with Journal(UserFolder(home).journal) as journal:
        found = journal.submission(made.id)
    assert found is not None and (found.stage, found.job_id) == (Stage.VALIDATE, "job")


def test_a_package_that_was_deleted_is_said_in_words(home: Path, sent: Submission) -> None:
    (UserFolder(home).job("test") / "package.blend").unlink()
    with pytest.raises(LocalProblem, match="no longer exists"):
        resubmit.resubmit(UserFolder(home), sent, [2], "again")
