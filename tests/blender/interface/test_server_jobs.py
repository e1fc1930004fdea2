"""Jobs on the Server: listed by pages, known ones marked, downloaded, followed, canceled; with a documented service."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins
from waiting import PATIENCE

DOCUMENTED = Path(__file__).parents[2] / "documented_service"


@pytest.fixture
def service(
    monkeypatch: pytest.MonkeyPatch, fresh_file: None, live: Any, part: Callable[[str], ModuleType], tmp_path: Path
) -> Iterator[Any]:
    """The documented service, as the scene's custom server; 25 jobs are on it that others have submitted."""
    import bpy

    monkeypatch.syspath_prepend(str(DOCUMENTED))
    from documented_jobs import Job
    from documented_service import KEY, serving
    from documented_variants import Variant

    preferences = part("ui.preferences").addon_preferences(bpy.context)
    with serving(Variant("documented")) as found:
        for number in range(25):
            job = Job(found.variant, f"job-{number:02}", created_at=time.time() - 3600 * number)
            found.jobs[job.id] = job
        preferences.custom_url, preferences.custom_key = found.url, KEY
        bpy.context.scene.farmhand.server = "CUSTOM"
        bpy.context.scene.render.filepath = str(tmp_path / "render" / "shot_")
        yield found
        preferences.custom_url = preferences.custom_key = ""


def started(service: Any, number: int, frames: str = "1-3") -> Any:
    job = service.jobs[f"job-{number:02}"]
    job.start({"colorManagementPreset": "default", "frameRanges": [frames]})
    return job


def listed() -> list[str]:
    import bpy

    return [item.name for item in bpy.context.window_manager.farmhand_server.jobs]


def drawn(part: Callable[[str], ModuleType]) -> list[str]:
    import bpy

    layout = stand_ins.Layout()
    panel = part("panels.servers.server_jobs").FARMHAND_PT_server_jobs
    panel.draw(SimpleNamespace(layout=layout), bpy.context)
    return layout.texts


def test_they_are_listed_page_by_page_newest_first(service: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    assert "Jobs submitted elsewhere appear here" in drawn(part)
    assert bpy.ops.farmhand.list_server_jobs() == {"FINISHED"}
    assert listed() == [f"job-{number:02}" for number in range(10)]
    bpy.context.window_manager.farmhand_server.active = 3
    for _ in range(2):
        assert bpy.ops.farmhand.list_server_jobs(more=True) == {"FINISHED"}
    assert listed() == [f"job-{number:02}" for number in range(25)]
    assert part("ui.servers.server_list").selected_job(bpy.context).id == "job-03"
    with pytest.raises(RuntimeError, match="There are no more jobs"):
        bpy.ops.farmhand.list_server_jobs(more=True)


def test_one_status_alone_is_listed(service: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    for number in (2, 7):
        service.jobs[f"job-{number:02}"].canceled = True
    bpy.context.window_manager.farmhand_server.status = "canceled"
    bpy.ops.farmhand.list_server_jobs()
    assert listed() == ["job-02", "job-07"]
    bpy.context.window_manager.farmhand_server.status = "failed"
    bpy.ops.farmhand.list_server_jobs()
    assert listed() == [] and "No matching jobs" in drawn(part)
    bpy.context.window_manager.farmhand_server.status = "ALL"


def test_a_job_of_somebody_else_is_followed_and_its_frames_come(
    service: Any, part: Callable[[str], ModuleType], live: Any, home: Path, tmp_path: Path
) -> None:
    import bpy

    started(service, 4)
    bpy.ops.farmhand.list_server_jobs()
    bpy.context.window_manager.farmhand_server.active = 4
    assert bpy.ops.farmhand.download_server_job() == {"FINISHED"}
    end = time.monotonic() + PATIENCE
    while not (live.snapshot.rows and live.snapshot.rows[0].submission.is_over):
        assert time.monotonic() < end, live.snapshot.rows
        time.sleep(0.1)
        part("operators.watch").tick()
    (row,) = live.snapshot.rows
    assert (row.submission.job_id, row.submission.frames_done, row.submission.frames_total) == ("job-04", 3, 3)
    assert Path(row.submission.output_folder) == tmp_path / "render" / "scene_job-04"
    assert len(list((tmp_path / "render" / "scene_job-04").rglob("000?.png"))) == 3
    assert live.server_listing.known == {"job-04": row.submission.id}
    assert part("ui.properties").selected_id(bpy.context) == row.submission.id
    with pytest.raises(RuntimeError, match="already in Jobs"):
        bpy.ops.farmhand.download_server_job()
    assert part("ui.news").first_remedy(row) is None  # its file was not sent from here
    bpy.context.window_manager.farmhand.active = -1
    assert bpy.ops.farmhand.show_server_job() == {"FINISHED"}
    assert part("ui.properties").selected_id(bpy.context) == row.submission.id


@pytest.mark.parametrize("path", ["{folder}/", "{folder}/shot_", "{folder}/shot_####.png"])
def test_the_folder_that_is_offered_stands_beside_the_scenes_frames(
    fresh_file: None, part: Callable[[str], ModuleType], tmp_path: Path, path: str
) -> None:
    import bpy

    bpy.context.scene.render.filepath = path.format(folder=tmp_path / "render")
    one = SimpleNamespace(name="scene", id="job-04")
    assert part("operators.jobs.server_jobs")._folder(bpy.context, one) == tmp_path / "render" / "scene_job-04"


def test_before_the_file_is_saved_the_folder_is_the_users_own(
    fresh_file: None, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    bpy.context.scene.render.filepath = "//render/"
    one = SimpleNamespace(name="scene", id="job-04")
    assert part("operators.jobs.server_jobs")._folder(bpy.context, one) == Path.home() / "scene_job-04"


@pytest.mark.parametrize("operator", ["test_connection", "list_server_jobs", "list_nodes"])
def test_a_question_that_cannot_be_started_can_be_asked_again(
    service: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, operator: str
) -> None:
    import bpy

    def full(*_words: str) -> None:
        raise OSError("no process can be started")

    values = {"server": "CUSTOM"} if operator == "test_connection" else {}
    monkeypatch.setattr(part("courier.process.ask_server"), "ask", full)
    with pytest.raises(RuntimeError, match="no process can be started"):
        getattr(bpy.ops.farmhand, operator)(**values)
    assert getattr(bpy.ops.farmhand, operator).poll()


def test_an_answer_to_an_earlier_key_is_dropped(
    service: Any, live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    preferences = part("ui.preferences").addon_preferences(bpy.context)
    preferences.custom_key = "FH-wrong"
    waiting: list[Callable[[], Any]] = []

    def later(child: Any, then: Callable[[Any], None]) -> None:
        waiting.append(lambda: then(child))

    monkeypatch.setattr(part("operators.children"), "when_ended", later)
    url = part("ui.servers.servers").scene_server(bpy.context).url
    # A background Blender reports what it has waited for.
    with pytest.raises(RuntimeError):
        bpy.ops.farmhand.test_connection(server="CUSTOM")
    preferences.custom_key = "FH-right"
    waiting[0]()
    assert url not in live.connections


def test_a_job_of_the_same_id_on_another_server_is_another_job(
    service: Any, part: Callable[[str], ModuleType], live: Any, add: Callable[..., Any]
) -> None:
    import bpy

    add("theirs", server_url="https://elsewhere/api", job_id="job-01", state="done")
    bpy.ops.farmhand.list_server_jobs()
    assert not live.server_listing.known
    ours = add("ours", server_url=service.url, job_id="job-02", state="done")
    assert live.server_listing.known == {"job-02": ours.id}


def test_a_job_of_somebody_else_is_canceled(service: Any, live: Any) -> None:
    import bpy

    job = started(service, 5, "1-500")
    bpy.ops.farmhand.list_server_jobs()
    assert bpy.ops.farmhand.cancel_server_job(job="job-05") == {"FINISHED"}
    assert job.canceled
    assert next(one for one in live.server_listing.jobs if one.id == "job-05").status == "canceled"
    with pytest.raises(RuntimeError, match="still running"):
        bpy.ops.farmhand.cancel_server_job(job="job-05")


def test_a_refused_key_is_said_and_the_mark_is_no_longer_green(
    service: Any, part: Callable[[str], ModuleType], live: Any
) -> None:
    import bpy

    bpy.ops.farmhand.list_server_jobs()
    assert live.connections[service.url].is_good
    part("ui.preferences").addon_preferences(bpy.context).custom_key = "wrong"
    with pytest.raises(RuntimeError, match="did not accept the API key"):
        bpy.ops.farmhand.list_server_jobs()
    assert live.connections[service.url].is_refused
    assert len(listed()) == 10  # what was listed before stays
    assert any("did not accept the API key" in text for text in drawn(part))


def test_another_server_shows_none_of_these_jobs(service: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    bpy.ops.farmhand.list_server_jobs()
    part("ui.preferences").addon_preferences(bpy.context).custom_url = "http://127.0.0.1:9"
    assert part("ui.servers.server_list").listing(bpy.context).jobs == ()
    bpy.context.scene.farmhand.server = "LOCAL"
    assert not part("panels.servers.server_jobs").FARMHAND_PT_server_jobs.poll(bpy.context)
    with pytest.raises(RuntimeError, match="already in Jobs"):
        bpy.ops.farmhand.list_server_jobs()
