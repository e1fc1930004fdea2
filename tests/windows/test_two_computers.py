"""Two computers at home, here as two Blenders with folders and screens of their own: one asks for help, one helps."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from journey import Opener, Stage, open_stage
from screens import screen
from waiting import PATIENCE

DRAWN = Path(__file__).with_name("drawn.py").read_text(encoding="utf-8")
SWITCH = """
preferences().lets_others_help = True
open_sub_panel('Other Computers')
"""
INVITATION = """
view = farmhand('ui.other_computers').view()
answer = view.addresses[0], view.code
"""
ENTER = """
typed = bpy.context.window_manager.farmhand_help
typed.address, typed.code = {address!r}, {code!r}
give_properties_the_column()
open_sub_panel('Help Render')
"""
STATE = "farmhand('ui.helping').view().status.state.value"
LIVES = "farmhand('ui.helping').view().lives"
FRAMES = "tuple(farmhand('ui.helping').view().status.frames)"
DONE = "farmhand('ui.helping').view().status.done"


@pytest.fixture(scope="module")
def profile(
    window_blender: list[str], installed_extension: Callable[..., dict[str, str]], built_node_zip: Path
) -> dict[str, str]:
    return installed_extension(window_blender, built_node_zip)


@pytest.fixture
def second(window_blender: list[str], profile: dict[str, str], tmp_path: Path) -> Iterator[Opener]:
    with screen() as display:
        folder = tmp_path / "second"
        folder.mkdir()
        yield lambda: open_stage(window_blender, display, profile, folder, "--online-mode")


@pytest.mark.soak
@pytest.mark.timeout(500)
def test_a_second_computer_joins_without_a_terminal_and_renders(stage: Opener, second: Opener) -> None:
    with stage("--online-mode") as on:
        on.prepare(frames=400)
        on.window.run("give_properties_the_column()")
        on.window.run(SWITCH)
        on.window.wait("farmhand('ui.other_computers').view().code")
        on.picture(f"other-computers-{on.version}")
        address, code = on.window.run(INVITATION)
        with second() as helper:
            _join(helper, address, code)
            _offered_before_the_render(on)
            on.submit()
            helper.window.wait(f"{DONE} >= 1")
            helper.picture(f"help-render-{helper.version}")
            _pause_and_resume(helper)
            on.over()
            assert on.state() == "done" and len(on.frames()) == 400
            _told_who_renders(on)
            folder = str(helper.home)
            assert _working_in(folder)
            helper.window.press("farmhand.help_leave()")
            helper.window.wait(f"not {LIVES}")
            helper.picture(f"help-render-left-{helper.version}")
        psutil.wait_procs(_working_in(folder), timeout=PATIENCE)
        assert _working_in(folder) == []
        on.window.run("preferences().lets_others_help = False")
        on.window.wait("farmhand('ui.other_computers').view().addresses == ()")


def _offered_before_the_render(on: Stage) -> None:
    """What a farm of several computers has use of, without anything that was listed."""
    on.window.run("open_sub_panel('Advanced')\nredraw()")
    shown = {text for _, text in on.window.run(DRAWN + "\nanswer = drawn()")}
    assert {"Split Frames", "Same Kind of Device", "Nodes"} <= shown
    _scroll_to_the_end(on)
    on.picture(f"offered-before-{on.version}")
    on.window.run("open_sub_panel('Jobs')")


def _told_who_renders(on: Stage) -> None:
    on.window.run("open_sub_panel('Details')\nredraw()")
    _scroll_to_the_end(on)
    on.window.press("farmhand.job_nodes()")
    on.window.wait("live().nodes_at('local').job.nodes")
    on.picture(f"who-renders-{on.version}")
    on.window.run("open_sub_panel('Nodes')\nbpy.ops.farmhand.list_nodes()")
    on.window.wait("len(live().nodes_at('local').found.nodes) > 1")
    on.picture(f"nodes-{on.version}")


def _scroll_to_the_end(on: Stage) -> None:
    left, upper, right, lower = on.window.run("answer = properties_place()")
    on.window.scroll_down((left + right) // 2, (upper + lower) // 2)
    time.sleep(0.5)
    on.window.run("redraw()")


def _pause_and_resume(helper: Stage) -> None:
    """Paused, it finishes what it has in hand and gets nothing more."""
    helper.window.press("farmhand.help_pause()")
    helper.window.wait(f"{FRAMES} == ()")
    helper.picture(f"help-render-paused-{helper.version}")
    done = helper.window.run(f"answer = {DONE}")
    time.sleep(3)
    assert helper.window.run(f"answer = {DONE}") == done
    helper.window.press("farmhand.help_pause()")
    helper.window.wait(f"{DONE} > {done}")


def _join(helper: Stage, address: str, code: str) -> None:
    helper.prepare()
    helper.window.run(ENTER.format(address=address, code=code))
    helper.picture(f"help-render-pair-{helper.version}")
    helper.window.press("farmhand.help_start()")
    helper.window.wait(f"{STATE} == 'connected'")


def _working_in(folder: str) -> list[psutil.Process]:
    """The processes of the program that helps, whose data is in this folder."""
    return [each for each in psutil.process_iter(["cmdline"]) if f"{folder}/farms/node" in str(each.info["cmdline"])]
