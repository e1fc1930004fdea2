"""Every operator: a tooltip, a reason when it is grey, and words instead of a traceback."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

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
    "compare",
]
OTHERS = [
    "submit",
    "submit_all",
    "check",
    "find_file",
    "use_camera",
    "write_images",
    "test_connection",
    "open_preferences",
    "cancel_packing",
    "watch",
    "preset_add",
]


def operator(name: str) -> Any:
    import bpy

    return getattr(bpy.ops.farmhand, name)


def cls_of(name: str) -> Any:
    import bpy

    return getattr(bpy.types, f"FARMHAND_OT_{name}")


@pytest.mark.parametrize("name", ON_A_JOB + OTHERS)
def test_an_operator_has_a_label_and_a_tooltip_without_a_final_stop(installed_extension: ModuleType, name: str) -> None:
    import bpy

    rna = getattr(bpy.ops.farmhand, name).get_rna_type()
    assert rna.name
    assert rna.description
    assert not rna.description.endswith(".")


def test_no_operator_was_forgotten_here(installed_extension: ModuleType) -> None:
    import bpy

    assert set(dir(bpy.ops.farmhand)) == {*ON_A_JOB, *OTHERS}


@pytest.mark.parametrize("name", ON_A_JOB)
def test_without_a_job_an_operator_is_grey_and_says_why(live: Any, part: Callable[..., Any], name: str) -> None:
    part("operators.watch").tick()
    with pytest.raises(RuntimeError, match="There is no job in the list"):
        operator(name)()


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("cancel", "done", "Select a job that is still going"),
        ("retry", "done", "Select a job that stopped"),
        ("pause", "paused", "Select a job that is going"),
        ("resume", "active", "Select a paused job"),
        ("confirm", "active", "Select a job that waits for you"),
        ("fetch_again", "active", "Select a finished job"),
        ("forget", "active", "Cancel the job first"),
        ("render_again", "active", "Select a job that is over"),
        ("to_sequencer", "active", "No frame of this job is here yet"),
        ("compare", "active", "No frame of this job is here yet"),
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


def test_download_again_asks_for_the_pull(add: Callable[..., Any], tell: Callable[[], Any], no_courier: None) -> None:
    one = add(state="done", job_id="a-job")
    assert operator("fetch_again")() == {"FINISHED"}
    assert tell() == [(one.id, "pull_again")]


@pytest.fixture
def no_courier(part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is what counts here: the courier that would take it at once is kept away."""
    monkeypatch.setattr(part("operators.common").launcher, "ensure_courier", lambda home, keys: None)


@pytest.mark.parametrize(
    "name", [name for name in ON_A_JOB + OTHERS if name not in ("watch", "preset_add", "cancel_packing")]
)
def test_an_error_that_nobody_foresaw_becomes_words(
    add: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add(state="done", frames_done=1)

    def fail(self: Any, context: Any) -> None:
        raise ZeroDivisionError("on purpose")

    cls = cls_of(name)
    monkeypatch.setattr(cls, "run", fail)
    monkeypatch.setattr(cls, "poll", classmethod(lambda cls, context: True), raising=False)
    with pytest.raises(RuntimeError, match="was not foreseen") as caught:
        operator(name)()
    assert "Traceback" not in str(caught.value)


def test_the_report_on_the_clipboard_holds_no_key(part: Callable[[str], ModuleType]) -> None:
    text = part("operators.report_text").without_secrets("key RJ-abc-123 at http://x/y?signature=abc&n=1 Bearer tok")
    assert "abc" not in text
    assert "tok" not in text
    assert "n=1" in text
