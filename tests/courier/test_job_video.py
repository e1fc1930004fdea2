"""What a job folder says of the job's movie is written by two processes, and read by both."""

from pathlib import Path

import pytest

from farmhand.client import files
from farmhand.jobs.folder import job_video
from farmhand.jobs.folder.job_video import JobVideo


def test_two_who_write_at_a_time_do_not_take_each_others_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = files.replace

    def replace_after_another(source: Path, target: Path) -> None:
        monkeypatch.setattr(files, "replace", replace)
        job_video.ask_for(tmp_path)
        replace(source, target)

    monkeypatch.setattr(files, "replace", replace_after_another)
    job_video.write(tmp_path, JobVideo(path="/r/shot.mp4", sha256="0"))
    assert job_video.read(tmp_path) == JobVideo(path="/r/shot.mp4", sha256="0")
    assert [each.name for each in tmp_path.iterdir()] == [job_video.NAME]
