"""Cancel Selected and Retry All Failed: one press for several jobs."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def choose(*names: str) -> None:
    import bpy

    for item in bpy.context.window_manager.farmhand.jobs:
        item.is_chosen = item.name in names


def test_jobs_with_a_check_mark_are_canceled_together(
    fresh_file: None, add: Callable[..., Any], tell: Callable[[], Any], live: Any
) -> None:
    import bpy

    first, second, third = (add(name, state="active") for name in ("first", "second", "third"))
    done = add("done", state="done")
    with pytest.raises(RuntimeError, match="check jobs that are still running"):
        bpy.ops.farmhand.cancel_selected()
    choose(first.id, third.id, done.id)
    fourth = add("fourth", state="active")  # the lines move, the marks stay with their jobs
    assert bpy.ops.farmhand.cancel_selected() == {"FINISHED"}
    assert sorted(tell()) == sorted([(first.id, "cancel"), (third.id, "cancel")])
    assert not live.listed.chosen and second.id and fourth.id


def test_one_job_is_no_jobs(
    fresh_file: None, add: Callable[..., Any], live: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    import bpy

    choose(add("first", state="active").id)
    bpy.ops.farmhand.cancel_selected()
    assert "Canceling 1 job\n" in capfd.readouterr().out
    add("stopped", state="stopped", stage="pull")
    bpy.ops.farmhand.retry_failed()
    assert "Resuming 1 job\n" in capfd.readouterr().out
    add("done", state="done", stage="finished")
    bpy.ops.farmhand.clear_finished()
    assert "Removed 1 job from the list\n" in capfd.readouterr().out


def test_all_jobs_that_stopped_or_failed_are_retried(
    fresh_file: None,
    add: Callable[..., Any],
    tell: Callable[[], Any],
    part: Callable[[str], ModuleType],
    home: Path,
    live: Any,
) -> None:
    import bpy

    with pytest.raises(RuntimeError, match="No job failed or stopped"):
        bpy.ops.farmhand.retry_failed()
    folder = part("jobs.folder.job_folder")
    stopped, done = add("stopped", state="stopped", stage="pull"), add("done", state="done")
    failed = add("failed", state="failed", stage="finished", frames_total=3, frames_done=0)
    theirs = add("theirs", state="failed", stage="finished", frames_total=3, frames_done=0)
    for one, name in ((failed, "shot.blend"), (theirs, "")):
        package = folder.Package("package.blend", "blend", name, 4, "")
        output = folder.Output(str(home / "render"), str(home / "render" / "shot_####.png"))
        values = {"blender": [], "blender_version": "5.0.1", "camera": "", "view_layer": "", "render_config": {}}
        names = {key: getattr(one, key) for key in ("id", "name", "server_url", "blend", "scene")}
        folder.write(
            home / "jobs" / one.id,
            folder.JobFile(**values, **names, package=package, output=output, frames=[1, 2, 3]),
        )
        (home / "jobs" / one.id / "package.blend").write_bytes(b"data")
        (home / "jobs" / one.id / "manifest.json").write_text("{}")
    live.picture.forget()
    part("operators.watch").tick()
    assert bpy.ops.farmhand.retry_failed() == {"FINISHED"}
    assert tell() == [(stopped.id, "retry")]
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        known = {stopped.id, done.id, failed.id, theirs.id}
        (again,) = [one for one in journal.submissions() if one.id not in known]
    job = folder.read(home / "jobs" / again.id)
    assert (job.part_of, list(job.frames)) == (failed.id, [1, 2, 3])
