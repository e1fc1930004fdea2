"""Files of a newer version with the same format: what this version does not know is ignored, and stays in the file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from carrying import Carrying, carrying

from farmhand.client.errors import LocalProblem
from farmhand.jobs import settings
from farmhand.jobs.folder import job_folder, manifest


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job folder with one member more wherever there may be one."""
    with carrying(tmp_path, "http://farm.studio", "") as ours:
        folder = ours.home.job(ours.submit().id)
    manifest.write(folder, [manifest.Entry("shot.blend", "/projects/shot.blend", 3, 0, "scene", "", "")])
    for name in ("job.json", "manifest.json"):
        found = json.loads((folder / name).read_text(encoding="utf-8"))
        for place in (found, found.get("package", {}), found.get("output", {}), *found.get("files", ())):
            place["from_the_future"] = {"kept": [1, 2]}
        (folder / name).write_text(json.dumps(found), encoding="utf-8")
    return folder


def test_a_job_folder_of_a_newer_version_is_read(job: Path) -> None:
    assert job_folder.read(job).frames == [1, 2, 3]
    assert [entry.path for entry in manifest.read(job)] == ["shot.blend"]


def test_what_a_newer_version_added_to_a_job_survives_a_change(job: Path) -> None:
    read = job_folder.read(job)
    job_folder.write(job, replace(read, output=replace(read.output, existing="keep")))
    written = json.loads((job / "job.json").read_text(encoding="utf-8"))
    assert written["output"]["existing"] == "keep"
    assert [place["from_the_future"] for place in (written, written["package"], written["output"])] == [
        {"kept": [1, 2]}
    ] * 3


def test_a_job_of_a_newer_format_says_so(job: Path) -> None:
    text = (job / "job.json").read_text(encoding="utf-8")
    (job / "job.json").write_text(text.replace('"format": 1', '"format": 2'), encoding="utf-8")
    with pytest.raises(LocalProblem, match="newer version of Farmhand"):
        job_folder.read(job)


def test_settings_of_a_newer_version_survive_a_change(tmp_path: Path) -> None:
    home = Carrying(tmp_path, "", "").home
    settings.write(home, settings.CourierSettings(connections=3))
    found = {**json.loads(settings.path(home).read_text(encoding="utf-8")), "from_the_future": 7}
    settings.path(home).write_text(json.dumps(found), encoding="utf-8")
    settings.write(home, replace(settings.read(home), bytes_per_second=9))
    assert json.loads(settings.path(home).read_text(encoding="utf-8")) == {**found, "bytes_per_second": 9}
