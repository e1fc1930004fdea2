"""Submissions that an earlier version was carrying when it was killed are carried on, and lose nothing."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from carrying import Carrying, carrying
from waiting import wait_until

from farmhand.courier.servers import local_farm
from farmhand.jobs import settings
from farmhand.jobs.folder import job_folder, manifest
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import LOCAL, Request, State, Submission

OLD = Path(__file__).parent / "carried_from_2026_11_24"
PROJECT, BLENDER = "/projects/night", "/projects/blender"
IDS: dict[str, str] = json.loads((OLD / "ids.json").read_text(encoding="utf-8"))
ANSWERS = {"waiting": Request.CONFIRM, "stopped": Request.RETRY, "paused": Request.RESUME}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD / "project", tmp_path / "night"))


@pytest.fixture
def old(tmp_path: Path, project: Path, blender_command: list[str]) -> Iterator[Carrying]:
    """A copy, in which everything has its place on this computer."""
    with carrying(tmp_path, LOCAL, "") as ours:
        home = Path(shutil.copytree(OLD / "user_folder", ours.home.folder))
        for folder in (home / "jobs").iterdir():
            _move_job(folder, project, blender_command)
        _move_journal(home / "journal.sqlite3", project)
        farm = home / "farms" / hashlib.sha256("\0".join(blender_command).encode()).hexdigest()[:12]
        (home / "farms" / hashlib.sha256(BLENDER.encode()).hexdigest()[:12]).rename(farm)
        yield ours
    local_farm.ask_to_leave(farm)


def _move_job(folder: Path, project: Path, blender: list[str]) -> None:
    """Paths and times of files as git does not keep them."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    job["blender"] = blender
    job["blend"] = job["blend"].replace(PROJECT, str(project))
    job["output"] |= {name: job["output"][name].replace(PROJECT, str(project)) for name in ("folder", "pattern")}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    stamped = [(folder / "package.blend", job["package"]["modified_ns"])]
    if (folder / "manifest.json").exists():
        listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for entry in listed["files"]:
            entry["source"] = entry["source"].replace(PROJECT, str(project))
            sent = folder / entry["staged"] if entry["staged"] else Path(entry["source"])
            stamped.append((sent, entry["modified_ns"]))
        (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    for file, nanoseconds in stamped:
        if nanoseconds:
            os.utime(file, ns=(nanoseconds, nanoseconds))


def _move_journal(file: Path, project: Path) -> None:
    with sqlite3.connect(file) as db:
        for table, column in (
            ("submissions", "blend"),
            ("submissions", "output_folder"),
            ("submissions", "latest_frame"),
            ("frames", "path"),
        ):
            db.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (PROJECT, str(project)))
    db.close()


def submissions(old: Carrying) -> dict[str, Submission]:
    with Journal(old.home.journal) as journal:
        found = {one.id: one for one in journal.submissions()}
    return {name: found[identity] for name, identity in IDS.items()}


def frames(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def rendered(job_id: str) -> dict[str, bytes]:
    """What the old farm had rendered before it was killed."""
    (outputs,) = (OLD / "user_folder" / "farms").glob(f"*/objects/jobs/{job_id}/frames")
    return frames(outputs)


def test_every_submission_continues_and_ends(old: Carrying, project: Path) -> None:
    before = submissions(old)
    assert {one.state for one in before.values()} == set(State)
    kept = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in project.rglob("*.png")}
    (project / "stopped").unlink()
    for name, request in ANSWERS.items():
        with Journal(old.home.journal) as journal:
            journal.ask(before[name].id, request)
    old.start_courier()
    wait_until(lambda: all(one.is_over for one in submissions(old).values()), f"over: {submissions(old)}")
    after = submissions(old)
    assert {name: one.state for name, one in after.items()} == {
        **dict.fromkeys(IDS, State.DONE),
        "failed": State.FAILED,
        "canceled": State.CANCELED,
    }
    assert after["failed"] == before["failed"]
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in kept} == kept
    assert not [file for file in project.rglob("*") if ".farmhand-part" in file.name]
    found = {name: frames(project / name) for name in ("active", "queued", "waiting", "stopped", "paused")}
    assert {name: len(each) for name, each in found.items()} == {**dict.fromkeys(found, 2), "active": 4}
    for name, prefix in (("active", "shot_"), ("stopped", "frames/")):
        old_frames = {prefix + frame: data for frame, data in rendered(before[name].job_id).items()}
        assert found[name] == old_frames
    for data in (data for each in found.values() for data in each.values()):
        assert data.startswith(b"\x89PNG")
        assert b"IEND" in data[-12:]


def test_job_folders_mean_what_they_meant(old: Carrying) -> None:
    for name, one in submissions(old).items():
        folder = old.home.job(one.id)
        job = job_folder.read(folder)
        assert (job.id, job.name, job.format) == (one.id, name, 1)
        assert job.ask_mode == (job_folder.ALWAYS if name == "waiting" else job_folder.IF_WRONG)
        if job.package.is_streamed:
            assert [entry.path for entry in manifest.read(folder)] == ["shot.blend", "files/boards.png"]
    assert settings.read(old.home) == settings.CourierSettings(2_500_000, "/etc/studio.pem", 6)
