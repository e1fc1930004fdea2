"""What each button does, and the reason when it is grey."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins
from waiting import until

ON_A_JOB = [
    "cancel",
    "retry",
    "pause",
    "resume",
    "confirm",
    "fetch_again",
    "forget",
    "open_folder",
    "copy_report",
    "render_rest",
    "render_again",
    "to_sequencer",
    "to_image_editor",
    "to_compositor",
    "to_camera",
    "to_video",
    "compare",
]


def operator(name: str) -> Any:
    import bpy

    return getattr(bpy.ops.farmhand, name)


@pytest.mark.parametrize("name", ON_A_JOB)
def test_without_a_job_an_operator_is_grey_and_says_why(live: Any, part: Callable[..., Any], name: str) -> None:
    part("operators.watch").tick()
    with pytest.raises(RuntimeError, match="Select a job in the list"):
        operator(name)()


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("cancel", "done", "Select a job that is still running"),
        ("retry", "done", "Select a job that stopped"),
        ("pause", "paused", "Select a running job"),
        ("resume", "active", "Select a paused job"),
        ("confirm", "active", "Select a job that is waiting for your confirmation"),
        ("start_render", "waiting", "Select a job that is waiting to be started"),
        ("discard", "active", "Select a job that is waiting to be started"),
        ("use_current_settings", "done", "Select a job that is waiting to be started"),
        ("fetch_again", "active", "Select a finished job"),
        ("forget", "active", "Cancel the job first"),
        ("render_again", "active", "Select a finished job that was submitted from this computer"),
        ("to_sequencer", "active", "No frame of this job was downloaded yet"),
        ("compare", "active", "Select a job with frames that was submitted from this computer"),
    ],
)
def test_a_job_in_another_state_makes_the_operator_grey_and_says_why(
    add: Callable[..., Any], name: str, state: str, reason: str
) -> None:
    add(state=state)
    with pytest.raises(RuntimeError, match=reason):
        operator(name)()


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("cancel", "active"),
        ("retry", "stopped"),
        ("pause", "active"),
        ("resume", "paused"),
        ("confirm", "waiting"),
        ("forget", "done"),
    ],
)
def test_an_operator_leaves_its_request_for_the_courier(
    add: Callable[..., Any], tell: Callable[[], Any], no_courier: None, name: str, state: str
) -> None:
    one = add(state=state)
    assert operator(name)() == {"FINISHED"}
    assert tell() == [(one.id, name)]


@pytest.mark.parametrize(
    ("name", "state", "is_refused"),
    [
        ("retry", "stopped", True),
        ("resume", "paused", True),
        ("confirm", "waiting", True),
        ("fetch_again", "done", True),
        ("pause", "active", False),
        ("cancel", "active", False),
        ("forget", "done", False),
    ],
)
def test_a_job_elsewhere_goes_on_only_with_online_access(
    add: Callable[..., Any],
    tell: Callable[[], Any],
    no_courier: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    state: str,
    is_refused: bool,
) -> None:
    import bpy

    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    one = add(state=state, job_id="a-job", server_url="https://studio.example/api/v1")
    if is_refused:
        with pytest.raises(RuntimeError, match=r"Allow Online Access .* studio\.example"):
            operator(name)()
    else:
        assert operator(name)() == {"FINISHED"}
    assert tell() == ([] if is_refused else [(one.id, name)])


def test_download_again_asks_for_the_pull(add: Callable[..., Any], tell: Callable[[], Any], no_courier: None) -> None:
    one = add(state="done", job_id="a-job")
    assert operator("fetch_again")() == {"FINISHED"}
    assert tell() == [(one.id, "pull_again")]


@pytest.fixture
def no_courier(part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is what counts here: the courier that would take it at once is kept away."""
    monkeypatch.setattr(part("operators.common").launcher, "ensure_courier", lambda home, keys: None)


def test_the_report_on_the_clipboard_holds_no_key(part: Callable[[str], ModuleType]) -> None:
    text = part("client.redaction").redact("key RJ-abc-123 at http://x/y?signature=abc&n=1 Bearer tok")
    assert "abc" not in text
    assert "tok" not in text
    assert "n=1" in text


def test_copy_report_puts_what_is_known_on_the_clipboard(
    add: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    one = add(state="done", job_id="a-job")
    operator = stand_ins.Stand(bpy.types.FARMHAND_OT_copy_report)
    manager = SimpleNamespace(farmhand=bpy.context.window_manager.farmhand, clipboard="")
    assert operator.execute(SimpleNamespace(window_manager=manager)) == {"FINISHED"}
    assert f"Submission {one.id}, job a-job" in manager.clipboard
    assert bpy.ops.farmhand.copy_report() == {"FINISHED"}


def test_open_folder_shows_the_nearest_folder_that_is_there(
    add: Callable[..., Any], part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import bpy

    for name in ("open", "xdg-open"):  # the system's own command, which this one takes the place of
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/shown\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    folder = tmp_path / "not" / "yet"
    add(output_folder=str(folder))
    # The drive may be a network's that does not answer: Blender itself asks it nothing.
    asked: list[str] = []
    monkeypatch.setattr(Path, "is_dir", lambda path: bool(asked.append(str(path))))
    assert bpy.ops.farmhand.open_folder() == {"FINISHED"}
    assert [path for path in asked if path.startswith(str(tmp_path))] == []
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    until(lambda: shown(tmp_path) == [str(tmp_path)])
    folder.mkdir(parents=True)
    assert bpy.ops.farmhand.open_folder() == {"FINISHED"}
    until(lambda: shown(tmp_path) == [str(tmp_path), str(folder)])


def shown(folder: Path) -> list[str]:
    """The folders that the system's file browser was told to show."""
    file = folder / "shown"
    return file.read_text().split() if file.exists() else []


@pytest.mark.parametrize(("which", "expected"), [("ALL", [1, 2, 3, 4]), ("WRONG", [2, 3, 4])])
def test_render_again_makes_a_job_of_the_frames_that_are_asked_for(
    add: Callable[..., Any],
    part: Callable[[str], ModuleType],
    home: Path,
    no_courier: None,
    which: str,
    expected: list[int],
) -> None:
    import bpy

    kept, journals = part("jobs.journal.submission"), part("jobs.journal.journal")
    one = add(state="done", frames_done=1)
    write_job(part("jobs.folder.job_folder"), home, one, [1, 2, 3, 4])
    frame = home / "render" / "shot_0001.png"
    frame.parent.mkdir()
    frame.write_bytes(b"a frame")
    with journals.Journal(home / "journal.sqlite3") as journal:
        journal.save_frames(
            [
                kept.FrameRecord(one.id, "1", str(frame), 1, kept.FrameState.DOWNLOADED),
                kept.FrameRecord(
                    one.id, "2L", str(frame), 2, kept.FrameState.DOWNLOADED
                ),  # of its two files one is gone
                kept.FrameRecord(one.id, "2R", str(frame.with_name("gone.png")), 2, kept.FrameState.DOWNLOADED),
                kept.FrameRecord(one.id, "3", str(frame), 3, kept.FrameState.SUSPECT),
            ]
        )
    assert bpy.ops.farmhand.render_again(frames=which, existing="keep") == {"FINISHED"}
    with journals.Journal(home / "journal.sqlite3") as journal:
        made = next(other for other in journal.submissions() if other.id != one.id)
    assert list(part("jobs.folder.job_folder").read(home / "jobs" / made.id).frames) == expected


def write_job(folder: ModuleType, home: Path, one: Any, frames: list[int]) -> None:
    """The job folder that a submission was made from."""
    values = {"blender": [], "blender_version": "5.0.1", "camera": "", "view_layer": "", "render_config": {}}
    place = home / "jobs" / one.id
    job = folder.JobFile(
        **values,
        **{name: getattr(one, name) for name in ("id", "name", "server_url", "blend", "scene")},
        package=folder.Package("package.blend", "blend", "shot.blend", 4, ""),
        output=folder.Output(str(home / "render"), str(home / "render" / "shot_####.png")),
        frames=frames,
    )
    folder.write(place, job)
    (place / "package.blend").write_bytes(b"data")
    (place / "manifest.json").write_text("{}")


class Packing:
    """A package in the making."""

    finished, problem, was_canceled = False, None, False

    def poll(self) -> float:
        return 0.5

    def cancel(self) -> None:
        self.was_canceled = True


def test_cancel_packing_gives_the_package_up_and_is_grey_without_one(
    live: Any, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    packing = Packing()
    live.pack("shot_010", packing, lambda packing: None)
    assert bpy.ops.farmhand.cancel_packing() == {"FINISHED"}
    assert packing.was_canceled
    part("operators.watch").tick()
    with pytest.raises(RuntimeError, match="Nothing is being packed"):
        bpy.ops.farmhand.cancel_packing()


def test_this_computer_is_always_ready(live: Any, capfd: pytest.CaptureFixture[str]) -> None:
    import bpy

    assert bpy.ops.farmhand.test_connection(server="LOCAL") == {"FINISHED"}
    assert "always ready" in capfd.readouterr().out


def test_while_a_server_is_asked_the_button_is_grey(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    live.connections["http://studio"] = part("ui.session").ConnectionStatus(None)
    with pytest.raises(RuntimeError, match="A connection test is running"):
        bpy.ops.farmhand.test_connection(server="LOCAL")


@pytest.mark.parametrize(("answer", "level"), [(True, "INFO"), (False, "WARNING")])
def test_in_a_window_the_answer_of_the_server_is_reported(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, answer: bool, level: str
) -> None:
    connection, children = part("operators.check_connection"), part("operators.children")
    found = part("ui.session").ConnectionStatus(answer, "The server said something.")
    waiting: list[Callable[[], Any]] = []
    timers = SimpleNamespace(register=lambda call, **options: waiting.append(call))
    window = SimpleNamespace(app=SimpleNamespace(timers=timers, background=False), context=None)
    for module in (connection, children):
        monkeypatch.setattr(module, "bpy", window)
    monkeypatch.setattr(connection, "read_answer", lambda child: found)
    monkeypatch.setattr(children.watch, "hasten", lambda context: None)
    ended = SimpleNamespace(poll=lambda: 0)
    children.when_ended(ended, lambda child: connection.take_answer(live, "http://studio", live.keys_since, child))
    assert not live.connections
    assert waiting[0]() is None
    assert live.connections["http://studio"] == found
    assert live.reports.notes == [(level, found.text)]


def test_a_child_whose_answer_cannot_be_taken_ends_in_words(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    children = part("operators.children")
    waiting: list[Callable[[], Any]] = []
    timers = SimpleNamespace(register=lambda call, **options: waiting.append(call))
    window = SimpleNamespace(app=SimpleNamespace(timers=timers, background=False), context=None)
    monkeypatch.setattr(children, "bpy", window)
    monkeypatch.setattr(children.watch, "hasten", lambda context: None)
    children.when_ended(SimpleNamespace(poll=lambda: 0), lambda child: 1 / 0)
    assert waiting[0]() is None
    assert "ZeroDivisionError" in live.reports.notes[-1][1]


def test_the_preferences_are_shown_and_need_a_window(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    with pytest.raises(RuntimeError, match="need a window"):
        bpy.ops.farmhand.open_preferences()
    shown: list[str] = []
    calls = SimpleNamespace(preferences=SimpleNamespace(addon_show=lambda module: shown.append(module)))
    monkeypatch.setattr(part("operators.submitting.check"), "bpy", SimpleNamespace(ops=calls))
    operator = stand_ins.Stand(bpy.types.FARMHAND_OT_open_preferences)
    assert operator.execute(bpy.context) == {"FINISHED"}
    assert shown == [stand_ins.PACKAGE]


def test_a_preset_is_kept_and_removed_and_each_is_said(
    live: Any, part: Callable[[str], ModuleType], capfd: pytest.CaptureFixture[str]
) -> None:
    import bpy

    assert bpy.ops.farmhand.preset_add(name="Of the Test") == {"FINISHED"}
    assert "Saved the preset" in capfd.readouterr().out
    assert bpy.utils.preset_find("Of_the_Test", "farmhand", ext=".py")
    assert bpy.ops.farmhand.preset_add(name="Of the Test", remove_name=True) == {"FINISHED"}
    assert "Removed the preset" in capfd.readouterr().out
    assert not bpy.utils.preset_find("Of_the_Test", "farmhand", ext=".py")
    assert bpy.ops.farmhand.preset_add(name=" ") == {"CANCELLED"}
    assert "Enter a name for the preset" in capfd.readouterr().out
