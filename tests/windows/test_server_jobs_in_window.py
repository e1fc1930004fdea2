"""Jobs that others have submitted to the documented service, in a real window: listed, downloaded, stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented_jobs import Job
from documented_service import DocumentedService, serving
from documented_variants import Variant
from journey import Opener, Stage
from test_checked_job_in_window import choose, ready

DAY = 86400.0
LISTING = "live().server_listing"


@pytest.fixture
def service() -> Iterator[DocumentedService]:
    with serving(Variant("documented")) as running:
        yield running


def jobs_of_others(service: DocumentedService) -> tuple[Job, Job]:
    """Twelve jobs: one that ended two days ago, one that renders now, and older ones. The first two."""
    now = time.time()
    done, runs = (Job(service.variant, f"of-somebody-else-{number}", created_at=now) for number in range(2))
    done.created_at = done.validated_at = now - 2 * DAY
    done.start({"colorManagementPreset": "default", "frameRanges": ["1-4"]})
    done.started_at = now - 2 * DAY
    runs.validated_at = now - 60.0
    runs.start({"colorManagementPreset": "default", "frameRanges": ["1-1000"]})
    older = [Job(service.variant, f"older-{number:02}", created_at=now - (3 + number) * DAY) for number in range(10)]
    for each in older:
        each.canceled = True
    service.jobs.update({each.id: each for each in (done, runs, *older)})
    return done, runs


def select(on: Stage, job: Job) -> None:
    """As a click on its line; the lines have no command to find them by."""
    on.window.run(
        "lines = bpy.context.window_manager.farmhand_server\n"
        f"lines.active = [each.id for each in {LISTING}.jobs].index({job.id!r})\nredraw()"
    )


@pytest.mark.timeout(300)
def test_jobs_of_others_are_listed_downloaded_and_stopped_by_clicks(
    stage: Opener, service: DocumentedService, tmp_path: Path
) -> None:
    done, runs = jobs_of_others(service)
    with stage() as on:
        ready(on)
        choose(on, service)
        on.window.run("open_sub_panel('Jobs on the Server')")
        on.picture(f"server-jobs-empty-{on.version}")
        on.window.press("farmhand.list_server_jobs(")
        on.window.wait(f"len({LISTING}.jobs) == 10")
        on.window.press("farmhand.list_server_jobs(more=True", top=0.5)
        on.window.wait(f"len({LISTING}.jobs) == 12")
        select(on, done)
        on.picture(f"server-jobs-{on.version}")
        on.window.press("farmhand.download_server_job(", top=0.2)
        time.sleep(1.0)
        on.picture(f"server-jobs-folder-{on.version}", whole=True)
        on.window.key("Return")
        on.over()
        assert on.state() == "done"
        (folder,) = (path for path in on.rendered.iterdir() if path.is_dir())
        assert len(list(folder.rglob("*.png"))) == 4
        on.window.wait(f"{done.id!r} in {LISTING}.known")
        on.picture(f"server-jobs-known-{on.version}")
        select(on, runs)
        on.window.press("farmhand.cancel_server_job(", top=0.2, right=True)
        time.sleep(0.5)
        on.picture(f"server-jobs-stop-{on.version}", whole=True)
        assert not runs.canceled
        on.window.key("Return")
        on.window.wait(f"[one.status for one in {LISTING}.jobs if one.id == {runs.id!r}] == ['canceled']")
        assert runs.canceled
        on.picture(f"server-jobs-stopped-{on.version}")
        assert service.faults == []
