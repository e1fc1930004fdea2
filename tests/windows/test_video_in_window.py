"""In a real window: This Computer makes a job's video once it is imported, and it becomes a strip."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from documented_service import DocumentedService, serving
from documented_variants import Variant
from journey import Opener, Stage
from test_checked_job_in_window import ready, submit_to

STRIPS = """
answer = []
for scene in bpy.data.scenes:
    editor = scene.sequence_editor
    made = () if editor is None else editor.strips if hasattr(editor, "strips") else editor.sequences
    answer += [[strip.type, strip.name, strip.frame_final_duration] for strip in made]
"""
PROBLEM = "str(farmhand('jobs.folder.job_video').read(live().home.job(snapshot().rows[0].submission.id)).problem)"


@pytest.fixture
def service() -> Iterator[DocumentedService]:
    with serving(Variant("documented")) as running:
        yield running


def import_video(on: Stage, name: str) -> None:
    """Open the menu beside Play, look at it, and choose the entry by its letter.

    The box of the selected job may end below the editor's lower edge: scrolled down, it is in view.
    """
    left, upper, right, lower = on.window.run("answer = properties_place()")
    on.window.scroll_down((left + right) // 2, (upper + lower) // 2)
    time.sleep(0.5)
    _, y = on.window.find("farmhand.play(", top=0.6)
    on.window.click(int(left + 0.6 * (right - left)), y)
    time.sleep(0.6)
    on.picture(f"import-menu-{name}-{on.version}", whole=True)
    on.window.key("p")


@pytest.mark.timeout(300)
def test_this_computer_makes_the_video_once_it_is_imported(stage: Opener) -> None:
    with stage() as on:
        ready(on)
        on.submit()
        on.over()
        assert on.state() == "done"
        time.sleep(2.0)
        assert not list(on.home.rglob("*.mp4"))  # nobody has asked yet
        import_video(on, "here")
        on.picture(f"video-asked-{on.version}")
        on.window.wait("not live().arrivals.videos")
        (video,) = on.rendered.glob("*.mp4")
        assert ["MOVIE", video.stem, 3] in on.window.run(STRIPS)
        on.window.run("answer = fill_editor('SEQUENCE_EDITOR')")
        on.picture(f"video-{on.version}", whole=True)


@pytest.mark.timeout(300)
def test_a_service_without_a_video_says_so_and_the_job_stays_done(stage: Opener, service: DocumentedService) -> None:
    with stage() as on:
        ready(on)
        submit_to(on, service, waits=False)
        on.over()
        import_video(on, "elsewhere")
        assert on.window.wait(PROBLEM) == "The server has no video of this job. Import the frames instead."
        on.window.wait("not live().arrivals.videos")
        time.sleep(0.5)
        on.picture(f"video-none-{on.version}", whole=True)
        assert on.state() == "done"
        assert not list(on.rendered.rglob("*.mp4"))
        assert not any(kind == "MOVIE" for kind, *_ in on.window.run(STRIPS))
