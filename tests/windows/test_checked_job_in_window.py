"""Check first, then start, in a real window: a job of the documented service waits, is changed, started, discarded."""

from __future__ import annotations

from typing import Any

import documented_jobs
import pytest
from documented_jobs import SIZE
from documented_service import KEY, DocumentedService, serving
from documented_variants import Variant
from journey import Opener, Stage

from cache import ROOT

ANALYSIS: dict[str, Any] = {
    "blenderVersion": "5.2.2",
    "engine": "CYCLES",
    "frameStart": 1,
    "frameEnd": 250,
    "resolution": list(SIZE),
    "sampleCount": 4,
    "missingFiles": [{"path": "//textures/rust.png", "owner": "Rust", "kind": "image"}],
}
FINAL = {
    "renderEngine": "CYCLES",
    "samples": 4,
    "gpuCount": 2,
    "notices": ["No GPU was found: Cycles renders on the CPU."],
}
SERVER = """
preferences().custom_url, preferences().custom_key = {url!r}, {key!r}
scene = bpy.context.scene
scene.farmhand.server = "CUSTOM"
scene.render.resolution_x, scene.render.resolution_y = {size}
scene.render.resolution_percentage = 100
bpy.ops.wm.save_mainfile()
"""
OVERRIDE = "settings = bpy.context.scene.farmhand\nsettings.use_sample_count, settings.sample_count = True, 16"
PICTURE = "snapshot().rows[0].picture"
WAITS = "snapshot().waiting and snapshot().waiting[0].checked is not None"


def documented(**choices: Any) -> Variant:
    preview = (ROOT / "docs" / "images" / "windmill.jpg").read_bytes()
    return Variant("documented", analysis=ANALYSIS, final=FINAL, preview=preview, **choices)


def choose(on: Stage, service: DocumentedService) -> None:
    """A project for this server."""
    on.prepare()
    on.window.run(SERVER.format(url=service.url, key=KEY, size=SIZE))


def submit_to(on: Stage, service: DocumentedService, *, waits: bool = True) -> None:
    """A click; waits: until the job waits to be started."""
    choose(on, service)
    on.submit()
    if waits:
        on.window.wait(WAITS)


def scroll_down(on: Stage) -> None:
    """Show the lower end of the panels."""
    left, upper, right, lower = (int(number) for number in on.window.run("answer = properties_place()"))
    on.window.scroll_down((left + right) // 2, (upper + lower) // 2)


def ready(on: Stage) -> None:
    on.prepare()
    on.window.run("give_properties_the_column()\nredraw()")
    on.widen(160)


@pytest.mark.timeout(300)
def test_a_job_waits_is_changed_and_started_and_details_show_what_the_service_told(
    stage: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documented_jobs, "LATE_SECONDS", 12.0)  # so long its own picture stands for the job
    with serving(documented(ready="late")) as service, stage() as on:
        ready(on)
        submit_to(on, service)
        on.picture(f"check-first-{on.version}")
        on.window.run(OVERRIDE)
        on.window.press("farmhand.use_current_settings(")
        on.window.wait("('Samples', '16') in snapshot().waiting[0].checked.settings")
        assert service.count("POST /jobs/{id}/render") == 0
        on.window.press("farmhand.start_render(")
        on.window.wait(f"live().thumbnails.icons.get({PICTURE}, (0,))[0]")
        assert on.window.run(f"answer = {PICTURE}").endswith("preview.jpg")
        on.picture(f"preview-{on.version}")
        on.over()
        assert (on.state(), service.job.starts) == ("done", 1)
        assert service.job.config["sampleCount"] == 16
        assert on.frames() == ["shot_0001.png", "shot_0002.png", "shot_0003.png"]
        on.window.run("open_sub_panel('Details')")
        on.window.wait("len(snapshot().details.report.used)")
        scroll_down(on)
        on.picture(f"service-details-{on.version}")
        assert service.faults == []


@pytest.mark.timeout(300)
def test_a_waiting_job_is_discarded_after_a_question(stage: Opener) -> None:
    with serving(documented()) as service, stage() as on:
        ready(on)
        submit_to(on, service)
        on.window.press("farmhand.discard(")
        on.window.key("Return")
        on.over()
        (job,) = service.jobs.values()
        assert (on.state(), job.canceled, job.starts) == ("canceled", True, 0)
