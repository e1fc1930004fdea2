"""No traceback: whatever raises in a method that Blender calls becomes a report, a reason or a line of words."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import stand_ins

Part = Callable[[str], ModuleType]
SILENT = {"description"}
"""Where Blender has words of its own when ours fail."""


def trouble(found: list[type], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Methods of these classes that raise, or say nothing."""
    wrong = []
    for cls in found:
        for name in stand_ins.methods(cls):
            try:
                words = stand_ins.said(cls, name, monkeypatch)
            except Exception as error:
                wrong.append(f"{cls.__name__}.{name} raised {error!r}")
                continue
            if not words and name not in SILENT:
                wrong.append(f"{cls.__name__}.{name} said nothing")
            wrong += [f"{cls.__name__}.{name}: {text}" for text in words if "Traceback" in text]
    return wrong


def test_every_operator_says_in_words_what_raises_in_it(live: Any, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    import bpy

    found = stand_ins.classes(part, bpy.types.Operator)
    assert {cls.__name__ for cls in found} == {f"FARMHAND_OT_{name}" for name in dir(bpy.ops.farmhand)}
    assert trouble(found, monkeypatch) == []


@pytest.mark.parametrize("kind", ["Panel", "Menu", "UIList", "AddonPreferences"])
def test_all_that_draws_shows_a_line_of_words_when_it_raises(
    live: Any, part: Part, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import bpy

    found = stand_ins.classes(part, getattr(bpy.types, kind))
    assert found
    assert trouble(found, monkeypatch) == []


@pytest.mark.parametrize("name", ["draw_render_menu", "draw_status", "draw_compact"])
def test_what_is_added_to_blenders_own_menus_is_guarded_too(
    live: Any, part: Part, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    menus = part("panels.menus")
    monkeypatch.setattr(menus, "ui_state", stand_ins.Broken())
    stand = stand_ins.Stand(object)
    getattr(menus, name)(stand, stand_ins.Broken())
    assert stand.said


@pytest.mark.parametrize("name", ["poll", "execute", "invoke", "modal", "draw", "cancel"])
def test_a_class_without_the_guard_would_be_found_out(
    live: Any, part: Part, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def method(self: Any, context: Any, event: Any = None) -> Any:
        return context.scene

    own = {name: classmethod(method) if name == "poll" else method}
    found = trouble([type("FARMHAND_OT_unguarded", (), own)], monkeypatch)
    assert len(found) == 1
    assert "on purpose" in found[0]


def test_a_reason_takes_the_place_of_a_poll_that_raises(live: Any, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    import bpy

    monkeypatch.setattr(part("ui.servers.servers"), "why_not", stand_ins.Broken())
    with pytest.raises(RuntimeError, match="Unexpected error") as caught:
        bpy.ops.farmhand.submit()
    assert "Traceback" not in str(caught.value)


def test_an_error_that_nobody_foresaw_is_reported_through_blender_in_words(
    live: Any, part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setattr(part("ui.request.checks"), "check", stand_ins.Broken())
    with pytest.raises(RuntimeError, match="Unexpected error") as caught:
        bpy.ops.farmhand.check()
    assert "Traceback" not in str(caught.value)


def test_frames_that_cannot_be_read_are_words_in_the_dialog(fresh_file: None, live: Any, part: Part) -> None:
    import bpy

    scene = bpy.context.scene
    scene.farmhand.use_frames, scene.farmhand.frames = True, "ten"
    stand = stand_ins.Stand(bpy.types.FARMHAND_OT_submit_all, stand_ins.Layout())
    stand.draw(bpy.context)
    assert any("ten" in text for text in stand.layout.texts)


def test_what_is_taken_over_from_blender_is_guarded_and_a_method_is_wrapped_once(live: Any, part: Part) -> None:
    guard = part("ui.guard")

    class Blenders:
        def execute(self, context: Any) -> Any:
            return context.scene

    class Ours(guard.NoTraceback, Blenders):
        pass

    class Further(Ours):
        pass

    assert "execute" in vars(Ours)
    assert "execute" not in vars(Further)


def test_preferences_that_cannot_be_written_are_said_in_words(
    live: Any, part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setattr(part("ui.preferences").settings, "write", stand_ins.Broken())
    part("ui.preferences").addon_preferences(bpy.context).download_limit = 3.0
    assert [level for level, text in live.reports.notes if "Unexpected error" in text] == ["ERROR"]
