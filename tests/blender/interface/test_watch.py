"""Watch Jobs: what it says, and that nothing that raises stops the rest or comes again."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins


class Manager:
    """The window manager as far as the watch needs it."""

    windows = ()

    def __init__(self) -> None:
        self.timers: list[str] = []

    def event_timer_add(self, step: float, window: Any) -> str:
        self.timers.append("timer")
        return "timer"

    def event_timer_remove(self, timer: str) -> None:
        self.timers.remove(timer)

    def modal_handler_add(self, operator: Any) -> None:
        pass


class Watch(stand_ins.Stand):
    """The operator, invoked in a window."""

    def __init__(self, cls: type, context: Any) -> None:
        super().__init__(cls)
        self.context = context
        assert self.invoke(context, None) == {"RUNNING_MODAL"}

    def turn(self, kind: str = "TIMER", value: str = "NOTHING") -> set[str]:
        return self.modal(self.context, SimpleNamespace(type=kind, value=value))


@pytest.fixture
def texts() -> list[str | None]:
    """What the status bar was given."""
    return []


@pytest.fixture
def watch(
    live: Any, texts: list[str | None], part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watch]:
    import bpy

    monkeypatch.setattr(part("operators.watch"), "_timers", [])

    context = SimpleNamespace(
        window=object(), window_manager=Manager(), workspace=SimpleNamespace(status_text_set=texts.append)
    )
    yield Watch(bpy.types.FARMHAND_OT_watch, context)


def test_without_a_window_it_is_grey_and_says_why(live: Any) -> None:
    import bpy

    if not bpy.app.background:
        pytest.skip("there is a window")
    with pytest.raises(RuntimeError, match="Watching needs a window"):
        bpy.ops.farmhand.watch()


def test_it_says_why_there_is_nothing_to_watch(
    live: Any, watch: Watch, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = part("operators.watch")
    monkeypatch.setattr(module, "bpy", SimpleNamespace(app=SimpleNamespace(background=False)))
    reasons: list[str] = []
    monkeypatch.setattr(watch.cls, "poll_message_set", reasons.append, raising=False)
    assert not watch.cls.poll(watch.context)
    live.reports.notes.append(("INFO", "hello"))
    assert watch.cls.poll(watch.context)
    monkeypatch.setattr(module, "is_watched", lambda context: True)
    assert not watch.cls.poll(watch.context)
    assert reasons == ["Nothing is being uploaded, or progress was hidden with Esc", "Jobs are already being watched"]


def test_it_reports_what_is_new_and_ends(live: Any, watch: Watch, add: Callable[..., Any]) -> None:
    add(state="failed")
    live.reports.notes.append(("INFO", "hello"))
    assert watch.turn() == {"FINISHED"}
    assert watch.said == ["hello", "shot_010: the render failed"]
    assert watch.context.window_manager.timers == []


def test_a_note_that_raises_stops_none_of_the_others_and_is_said_once(live: Any, watch: Watch) -> None:
    live.reports.notes += [("INFO", "first"), ("INFO",), "no note at all", ("INFO", "last")]
    assert watch.turn() == {"FINISHED"}
    assert len(watch.said) == 4
    assert (watch.said[0], watch.said[3]) == ("first", "last")
    assert all("Unexpected error" in text for text in watch.said[1:3])
    assert live.reports.notes == []


def test_news_that_raise_stop_none_of_the_others(live: Any, watch: Watch, add: Callable[..., Any]) -> None:
    live.reports.news.append(stand_ins.Broken())
    add("shot_020", state="canceled")
    assert watch.turn() == {"FINISHED"}
    assert "Unexpected error" in watch.said[0]
    assert watch.said[1] == "shot_020 was canceled"
    assert live.reports.news == []


def test_when_it_fails_it_says_so_once_gives_its_timer_back_and_is_not_started_again(
    live: Any, watch: Watch, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = part("operators.watch")
    monkeypatch.setattr(watch.cls, "report_news", stand_ins.Broken())
    live.reports.notes.append(("INFO", "hello"))
    assert watch.turn() == {"CANCELLED"}
    assert len(watch.said) == 1
    assert "Unexpected error" in watch.said[0]
    assert watch.context.window_manager.timers == []
    assert not module.wanted(live)


def test_escape_hides_the_progress_and_the_jobs_go_on(
    live: Any, watch: Watch, add: Callable[..., Any], texts: list[str | None]
) -> None:
    add(state="active", stage="upload", package_bytes=100, upload_done=50)
    assert watch.turn() == {"PASS_THROUGH"}
    assert texts
    assert "shot_010" in str(texts[-1])
    assert watch.turn("ESC", "PRESS") == {"FINISHED"}
    assert texts[-1] is None
    assert live.reports.is_hidden


def test_disabled_while_it_runs_it_leaves_neither_timer_nor_text(
    live: Any, watch: Watch, texts: list[str | None], part: Callable[[str], ModuleType]
) -> None:
    """Blender drops a running operator whose class is unregistered, and does not call its `cancel`."""
    watch.context.workspace.status_text_set("Packing shot_010  10%")
    watch.context.window_manager.windows = (SimpleNamespace(workspace=watch.context.workspace),)
    watch.context.temp_override = lambda **_given: nullcontext()
    part("operators.watch").drop_watch(watch.context)
    assert watch.context.window_manager.timers == [] and texts[-1] is None


def test_an_error_that_is_known_keeps_its_own_words(
    live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, problem = part("operators.watch"), part("client.errors").LocalProblem("The disk is full.", "", "Free some.")

    def turn(*_given: object) -> None:
        raise problem

    monkeypatch.setattr(module, "_turn", turn)
    module.tick()
    assert live.reports.notes == [("ERROR", problem.message)]


def test_an_escape_belongs_to_the_tool_that_is_in_hand(
    live: Any,
    watch: Watch,
    part: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    texts: list[str | None],
) -> None:
    monkeypatch.setattr(part("operators.watch"), "leaving_text", lambda snapshot: "Uploading shot")
    monkeypatch.setattr(part("operators.footage.on_arrival"), "is_tool_in_hand", lambda context: True, raising=False)
    watch.turn()
    assert watch.turn("ESC", "PRESS") == {"PASS_THROUGH"}
    assert not live.reports.is_hidden and texts == ["Uploading shot"]


def test_what_went_wrong_in_one_file_is_not_shown_in_another(live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    live.refuse(part("client.errors").LocalProblem("The package could not be written."))
    part("operators.watch").tick()
    assert live.snapshot.problem
    bpy.ops.wm.read_homefile()
    part("operators.watch").tick()
    assert not live.snapshot.problem
