"""The job list: whose file a job is of, what its details say, and which job a button means."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from footage import FRAMES


def listed() -> list[str]:
    import bpy

    return [item.name for item in bpy.context.window_manager.farmhand.jobs]


def select(name: str, part: Callable[[str], ModuleType]) -> None:
    import bpy

    bpy.context.window_manager.farmhand.active = -1
    part("operators.watch").tick()
    bpy.context.window_manager.farmhand.active = listed().index(name)


def test_jobs_of_other_files_are_shown_under_their_file(fresh_file: None, add: Callable[..., Any]) -> None:
    ours, theirs, more = add("ours"), add("theirs", blend="/p/other.blend"), add("more", blend="/p/other.blend")
    assert listed() == [ours.id, "file:/p/other.blend", more.id, theirs.id]


def test_no_line_names_a_file_whose_jobs_are_named_after_it(fresh_file: None, add: Callable[..., Any]) -> None:
    ours, renamed = add("ours"), add("for the client", blend="/p/other.blend")
    one, more = add("mill", blend="/p/mill.blend"), add("mill 3", blend="/p/mill.blend")
    assert listed() == [ours.id, more.id, one.id, "file:/p/other.blend", renamed.id]
    twin = add("mill", blend="/q/mill.blend")
    both = ["file:/q/mill.blend", twin.id, "file:/p/mill.blend", more.id, one.id]
    assert listed() == [ours.id, *both, "file:/p/other.blend", renamed.id]


def test_a_new_job_of_another_file_leaves_the_selection(
    fresh_file: None, add: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    first = add("first")
    add("theirs", blend="/p/other.blend")
    assert part("ui.properties").selected_id(bpy.context) == first.id
    second = add("second")
    assert part("ui.properties").selected_id(bpy.context) == second.id


def test_the_button_beside_a_bar_means_that_job_and_no_other(
    fresh_file: None, add: Callable[..., Any], tell: Callable[[], Any]
) -> None:
    import bpy

    going, done = add("going", state="active"), add("done", state="done")
    bpy.ops.farmhand.cancel_going(submission=going.id)
    assert tell() == [(going.id, "cancel")]
    assert bpy.ops.farmhand.cancel_going(submission=done.id) == {"CANCELLED"}
    assert tell() == [(going.id, "cancel")]


def test_where_frames_go_is_relative_in_the_jobs_own_file_alone(
    fresh_file: None, add: Callable[..., Any], drawn: Callable[[str, str], str]
) -> None:
    add("theirs", blend="/p/other.blend", output_folder="/p/render", state="done")
    assert "/p/render" in drawn("jobs.job_list", "FARMHAND_PT_jobs").split("\n")


def test_details_tell_stages_findings_and_what_is_missing(
    fresh_file: None,
    add: Callable[..., Any],
    job_file: Callable[..., Any],
    drawn: Callable[[str, str], str],
    part: Callable[[str], ModuleType],
    home: Path,
) -> None:
    kept = part("jobs.journal.submission")
    one = add("shot", blend="/p/shot.blend", state="active", stage="upload")
    finding = {"severity": "warning", "code": "x", "message": "Wood.png is missing.", "where": ""}
    job_file(one, camera="Second", findings=[finding])
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        journal.save_frames(
            [kept.FrameRecord(one.id, f"{n}", f"/r/{n}", n, kept.FrameState.DOWNLOADED) for n in (1, 2)]
        )
        journal.save_frames([kept.FrameRecord(one.id, "3", "/r/3.png", 3, kept.FrameState.SUSPECT, reason="Black.")])
        for stage in ("validate", "render", "pull"):
            one = journal.save(one.with_(stage=kept.Stage(stage)), f"Now {stage}.")
        state = kept.State.DONE
        journal.save(one.with_(stage=kept.Stage.FINISHED, state=state, frames_total=4, frames_done=3, frames_suspect=1))
    part("operators.watch").tick()
    select(one.id, part)
    text = drawn("jobs.job_details", "FARMHAND_PT_job_details")
    for expected in ("shot.blend", "Second", "1-4", "Uploading", "Rendering", "Wood.png is missing.", "Missing: 4"):
        assert expected in text
    assert "3.png: Black." in text and "Now render." in text


def test_a_failed_render_says_which_frames_are_missing(
    fresh_file: None,
    add: Callable[..., Any],
    job_file: Callable[..., Any],
    drawn: Callable[[str, str], str],
    part: Callable[[str], ModuleType],
    home: Path,
) -> None:
    kept = part("jobs.journal.submission")
    one = job_file(add("shot", state="active", stage="pull"))
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        here = kept.FrameState.DOWNLOADED
        journal.save_frames([kept.FrameRecord(one.id, f"{n}", f"/r/{n}", n, here) for n in (1, 2, 4)])
        state = kept.State.FAILED
        journal.save(one.with_(stage=kept.Stage.FINISHED, state=state, frames_total=4, frames_done=3))
    part("operators.watch").tick()
    select(one.id, part)
    assert "Failed. Missing: 3" in drawn("main", "FARMHAND_PT_main")


def test_details_survive_a_job_whose_folder_is_gone(
    fresh_file: None, add: Callable[..., Any], drawn: Callable[[str, str], str], part: Callable[[str], ModuleType]
) -> None:
    one = add("shot", state="done", frames_total=3)
    select(one.id, part)
    assert "Scene" in drawn("jobs.job_details", "FARMHAND_PT_job_details")


def test_the_rest_is_offered_for_test_frames_alone_whatever_they_are_called(
    fresh_file: None, add: Callable[..., Any], job_file: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    live, first_remedy = part("ui.state"), part("ui.news").first_remedy
    for name, rest, expected in (("shot", [2, 3], "farmhand.render_rest"), ("talent · test", [], None)):
        one = job_file(add(name, state="done", frames_done=1, frames_total=1), frames=[1], rest=rest)
        part("operators.watch").tick()
        select(one.id, part)
        remedy = first_remedy(live.current().snapshot.by_id[one.id])
        assert (remedy and remedy.operator) == expected


def test_the_rest_never_replaces_what_is_there_silently(
    fresh_file: None,
    add: Callable[..., Any],
    job_file: Callable[..., Any],
    part: Callable[[str], ModuleType],
    home: Path,
) -> None:
    import bpy

    name = str(home / "render" / "shot_####.png")
    place = part("jobs.folder.job_folder").Output(str(home / "render"), name, existing="ask")
    one = job_file(
        add("shot", state="done", server_url="http://127.0.0.1:9/api"), frames=[1], rest=[2, 3], output=place
    )
    (home / "jobs" / one.id / "package.blend").write_bytes(b"data")
    (home / "jobs" / one.id / "manifest.json").write_text("{}")
    (home / "render").mkdir()
    (home / "render" / "shot_0002.png").write_bytes(b"mine")
    select(one.id, part)
    with pytest.raises(RuntimeError, match="already exist"):
        bpy.ops.farmhand.render_rest()
    bpy.ops.farmhand.render_rest(existing="keep")
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        made = journal.submissions()[0]
    job = part("jobs.folder.job_folder").read(home / "jobs" / made.id)
    assert (job.frames, job.output.existing, job.rest) == ([2, 3], "keep", [])


def test_a_check_is_old_once_the_scene_has_changed(fresh_file: None, live: Any, part: Callable[..., Any]) -> None:
    import bpy

    checking = part("ui.request.checks")
    bpy.ops.farmhand.check()
    checked = checking.last_check(bpy.context)
    assert checking.is_current(bpy.context, checked)
    bpy.context.scene.render.resolution_percentage = 33
    wrong = part("scene.checks.findings").Finding("warning", "anything", "What was found may be of the settings.")
    found = replace(checked, run=replace(checked.run, findings=(wrong,)))
    assert not checking.is_current(bpy.context, found)
    assert checking.is_current(bpy.context, replace(checked, run=replace(checked.run, findings=())))
    bpy.context.scene.render.resolution_percentage = 100
    assert checking.is_current(bpy.context, checked)
    bpy.data.objects["Cube"].location.x += 1
    bpy.context.view_layer.update()
    assert not checking.is_current(bpy.context, checked)


def test_the_tree_has_what_is_missing_first_and_folders_by_size(part: Callable[..., Any]) -> None:
    def file(path: str, size: int, missing: bool = False) -> Any:
        line = part("scene.checks.context").FileLine
        return line(f"/p/{path}", "" if missing else path, size, "image", "", "", missing)

    files = [file("a.blend", 5), file("files/x/1.png", 3), file("files/y/2.png", 9), file("gone.png", 0, missing=True)]
    names = [(line.name, line.bytes) for line in part("ui.request.check_result").file_tree(files)]
    assert names == [("gone.png", 0), ("a.blend", 5), ("files/y/", 9), ("2.png", 9), ("files/x/", 3), ("1.png", 3)]


def test_a_preset_that_was_changed_has_a_star(fresh_file: None, part: Callable[..., Any]) -> None:
    import bpy

    shown, ours = part("panels.request.presets").shown_preset, bpy.context.scene.farmhand
    assert shown(ours) == ""
    path = bpy.utils.preset_find("Half_Size", "farmhand", ext=".py")
    bpy.ops.script.execute_preset(filepath=path, menu_idname="FARMHAND_PT_presets")
    assert shown(ours) == "Half Size"
    ours.resolution_percentage = 40
    assert shown(ours) == "Half Size*"
    ours.resolution_percentage = 50
    assert shown(ours) == "Half Size"
    bpy.ops.farmhand.preset_add(name="Mine")
    assert shown(ours) == "Mine"
    bpy.ops.farmhand.preset_add(name="Mine", remove_name=True)


@pytest.mark.long
def test_a_farms_page_of_the_job_is_found(
    fresh_file: None, live: Any, part: Callable[[str], ModuleType], home: Path, tmp_path: Path, capfd: Any
) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 1
    scene.render.resolution_percentage = 5
    scene.frame_start = scene.frame_end = 1
    scene.render.filepath = "//render/shot_"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.farmhand.submit()
    part("operators.watch").tick()
    assert bpy.ops.farmhand.open_page() == {"FINISHED"}
    assert "/pages/" in capfd.readouterr().out


def test_a_server_without_pages_says_so(
    fresh_file: None, add: Callable[..., Any], job_file: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    job_file(add("shot", state="done", job_id="1", server_url="http://127.0.0.1:9/api/external/v1"))
    with pytest.raises(RuntimeError, match=r"127\.0\.0\.1"):
        bpy.ops.farmhand.open_page()


def test_where_frames_go_and_which_are_rendered_does_not_outdate_the_check(
    fresh_file: None, live: Any, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    checking, ours = part("ui.request.checks"), bpy.context.scene.farmhand
    checked = checking.check(bpy.context, "ANIMATION")
    ours.output_place, ours.job_folder = "JOB", "/renders/{time}"
    ours.use_frames = True
    ours.frames = "7-9"
    assert checking.is_current(bpy.context, checked)


def test_finished_jobs_leave_the_list_together(
    fresh_file: None, add: Callable[..., Any], tell: Callable[[], Any], no_courier: None
) -> None:
    import bpy

    done, _going, canceled = add("done", state="done"), add("going", state="active"), add("canceled", state="canceled")
    assert bpy.ops.farmhand.clear_finished() == {"FINISHED"}
    assert sorted(tell()) == sorted([(done.id, "forget"), (canceled.id, "forget")])


def test_a_job_gets_another_name(
    fresh_file: None, add: Callable[..., Any], part: Callable[..., Any], live: Any
) -> None:
    import bpy

    one = add("shot", state="active")
    assert bpy.ops.farmhand.rename(name="Hero shot") == {"FINISHED"}
    with part("jobs.journal.journal").Journal(live.home.journal) as journal:
        journal.save(one.with_(frames_done=1))  # the courier, who still has the old name
    part("operators.watch").tick()
    assert live.snapshot.rows[0].submission.name == "Hero shot"
    with pytest.raises(RuntimeError, match=r"Enter a name\."):
        bpy.ops.farmhand.rename(name=" ")


def test_play_starts_blenders_player_with_the_frames(
    arrive: Callable[..., Any], live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    started: list[list[str]] = []
    monkeypatch.setattr(part("operators.footage.play"), "start_player", started.append)
    with pytest.raises(RuntimeError, match="Select a job in the list"):
        bpy.ops.farmhand.play()
    arrive(FRAMES)
    assert bpy.ops.farmhand.play() == {"FINISHED"}
    (command,) = started
    assert command[-1].endswith(f"shot_{FRAMES[0]:04}.png")
    assert command[command.index("-s") + 1 : command.index("-s") + 4 : 2] == [str(FRAMES[0]), str(FRAMES[-1])]
    Path(command[-1]).unlink()
    refused: list[Any] = []
    monkeypatch.setattr(type(live), "refuse", lambda _session, error: refused.append(error.what))
    bpy.ops.farmhand.play()
    assert len(started) == 1
    assert [str(each) for each in refused] == [f"shot_{FRAMES[0]:04}.png no longer exists."]


def test_a_job_that_stopped_is_said_and_stays_in_the_panel_with_what_helps(
    fresh_file: None, add: Callable[..., Any], part: Callable[[str], ModuleType], drawn: Callable[[str, str], str]
) -> None:
    problem = part("jobs.journal.submission").Problem("unauthorized", "401: the key was refused.", "A.", "B.")
    add("shot", state="stopped", problem=problem, server_url="http://studio:7420/api/external/v1")
    text = drawn("main", "FARMHAND_PT_main")
    assert "shot: studio refused the API key" in text
    assert "401" not in text
    row = part("ui.state").current().snapshot.waiting[0]
    assert part("ui.news").first_remedy(row).operator == "farmhand.open_preferences"
    level, sentence = part("ui.news").news_sentence(row.current, row)
    assert (level, sentence) == ("WARNING", "shot: studio refused the API key")


@pytest.mark.parametrize(
    ("done", "suspect", "text"),
    [(1, 0, "Render 3 Missing Frames"), (3, 0, "Render 1 Missing Frame"), (4, 2, "Re-render 2 Faulty Frames")],
)
def test_the_label_says_how_many_frames_are_rendered_again(
    add: Callable[..., Any], part: Callable[[str], ModuleType], live: Any, done: int, suspect: int, text: str
) -> None:
    add(state="canceled" if done < 4 else "done", frames_total=4, frames_done=done, frames_suspect=suspect)
    assert part("ui.news").first_remedy(live.snapshot.rows[0]).text == text


@pytest.fixture
def no_courier(part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is what counts here: the courier that would take it at once is kept away."""
    monkeypatch.setattr(part("operators.common").launcher, "ensure_courier", lambda home, keys: None)
