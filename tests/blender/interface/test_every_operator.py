"""The table of all operators: what each of them must have, and the test that presses it."""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import stand_ins

Part = Callable[[str], ModuleType]
TESTS = Path(__file__).resolve().parents[2]
LANGUAGES = ("de_de", "es", "ja_jp", "zh_hans")


@dataclass(frozen=True, slots=True)
class Row:
    """test: presses the operator. no_poll, no_report: why it may lack one."""

    test: str
    no_poll: str = ""
    no_report: str = ""


_REQUEST = "test_an_operator_leaves_its_request_for_the_courier"
_HELP = "test_this_computer_pairs_pauses_leaves_and_forgets"
_PANEL = "the panel shows what the program behind it does"
EVERY = {
    "cancel": Row(_REQUEST),
    "cancel_going": Row("test_the_button_beside_a_bar_means_that_job_and_no_other"),
    "cancel_packing": Row("test_cancel_packing_gives_the_package_up_and_is_grey_without_one"),
    "cancel_selected": Row("test_jobs_with_a_check_mark_are_canceled_together"),
    "cancel_server_job": Row("test_a_job_of_somebody_else_is_canceled"),
    "check": Row(
        "test_a_check_is_old_once_the_scene_has_changed",
        no_poll="looking is always possible; what stands in the way of a render is what it tells",
    ),
    "clear_finished": Row("test_finished_jobs_leave_the_list_together"),
    "compare": Row("test_a_frame_that_came_back_is_rendered_here_again_and_compared"),
    "confirm": Row(_REQUEST),
    "copy_report": Row("test_copy_report_puts_what_is_known_on_the_clipboard"),
    "download_server_job": Row("test_a_job_of_somebody_else_is_followed_and_its_frames_come"),
    "discard": Row("test_a_checked_job_is_started_or_discarded"),
    "fetch_again": Row("test_download_again_asks_for_the_pull"),
    "find_file": Row(
        "test_a_missing_file_is_given_its_new_place_relative_as_it_was",
        no_poll="which file is meant is known only when it is pressed; what was chosen is judged then",
    ),
    "find_folder": Row(
        "test_the_folder_of_a_cache_is_found_again",
        no_poll="which folder is meant is known only when it is pressed; what was chosen is judged then",
    ),
    "forget": Row(_REQUEST),
    "help_forget": Row(_HELP, no_report=_PANEL),
    "help_leave": Row(_HELP, no_report=_PANEL),
    "help_pause": Row(_HELP, no_report=_PANEL),
    "help_start": Row(_HELP, no_report=_PANEL),
    "invite_computer": Row("test_other_computers_are_let_in_by_one_switch_and_shut_out_by_it", no_report=_PANEL),
    "leave_nothing_out": Row("test_a_missing_file_can_be_left_out_and_is_asked_about_again"),
    "leave_out": Row(
        "test_a_missing_file_can_be_left_out_and_is_asked_about_again",
        no_poll="its button stands at a missing file alone",
    ),
    "job_nodes": Row(
        "test_which_node_rendered_a_job_is_asked_and_any_device_allowed", no_report="the nodes are the answer"
    ),
    "list_nodes": Row(
        "test_a_node_is_listed_stopped_and_used_again_by_its_buttons", no_report="the nodes that appear are the answer"
    ),
    "list_server_jobs": Row("test_they_are_listed_page_by_page_newest_first"),
    "open_data_folder": Row(
        "test_the_preferences_tell_of_this_computer_and_open_its_folder", no_poll="the folder is always there"
    ),
    "open_folder": Row("test_open_folder_shows_the_nearest_folder_that_is_there"),
    "open_page": Row("test_a_farms_page_of_the_job_is_found"),
    "open_preferences": Row(
        "test_the_preferences_are_shown_and_need_a_window", no_report="the window that opens is the answer"
    ),
    "pack_image": Row(
        "test_an_image_whose_file_is_gone_is_packed_while_blender_has_it",
        no_poll="its button stands at an image alone that can be packed",
    ),
    "save_images": Row("test_images_that_were_painted_are_saved_to_their_files_and_others_packed"),
    "pause": Row(_REQUEST),
    "play": Row("test_play_starts_blenders_player_with_the_frames"),
    "preset_add": Row(
        "test_a_preset_is_kept_and_removed_and_each_is_said",
        no_poll="Blender's own form for presets; a name that cannot be is told when it is given",
    ),
    "rename": Row("test_a_job_gets_another_name"),
    "render_again": Row("test_render_again_makes_a_job_of_the_frames_that_are_asked_for"),
    "render_rest": Row("test_the_rest_never_replaces_what_is_there_silently"),
    "reset_override": Row("test_one_override_is_reset_or_all_of_them", no_report="the field shows the scene's value"),
    "resume": Row(_REQUEST),
    "retry": Row(_REQUEST),
    "retry_failed": Row("test_all_jobs_that_stopped_or_failed_are_retried"),
    "select_object": Row("test_the_object_of_a_simulation_is_selected"),
    "show_panel": Row("test_the_menu_leads_to_the_panel_in_the_properties_editor", no_report="the panel is the answer"),
    "show_server_job": Row("test_a_job_of_somebody_else_is_followed_and_its_frames_come"),
    "show_strip": Row("test_the_strip_is_shown_where_it_is_edited"),
    "start_render": Row("test_a_checked_job_is_started_or_discarded"),
    "submit": Row("test_the_test_frames_come_and_the_rest_follows_from_the_same_package"),
    "submit_all": Row("test_each_scene_becomes_a_job"),
    "test_connection": Row("test_this_computer_is_always_ready"),
    "to_video": Row("test_the_video_is_fetched_and_becomes_a_strip_of_all_frames"),
    "to_camera": Row("test_the_camera_shows_the_frames_behind_its_view"),
    "to_compositor": Row("test_the_compositor_node_shows_frame_n_at_frame_n"),
    "to_image_editor": Row("test_asked_twice_there_is_one_image"),
    "to_sequencer": Row("test_asked_twice_there_is_one_strip"),
    "use_current_settings": Row("test_a_checked_job_takes_the_settings_of_the_scene"),
    "use_node": Row(
        "test_a_node_is_listed_stopped_and_used_again_by_its_buttons", no_report="its state in the list is the answer"
    ),
    "use_camera": Row("test_the_only_camera_becomes_the_active_one"),
    "watch": Row("test_it_reports_what_is_new_and_ends"),
    "write_images": Row("test_a_movie_becomes_an_image_sequence"),
}


def cls_of(name: str) -> type:
    import bpy

    return getattr(bpy.types, f"FARMHAND_OT_{name}")


def own_source(cls: type) -> str:
    """Of the class and of what it takes over from other parts of ours, the guard's common way to say errors aside."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith(stand_ins.PACKAGE)]
    return "".join(inspect.getsource(base) for base in ours if not base.__module__.endswith(".guard"))


@cache
def written() -> dict[str, str]:
    """Every test function below tests/: its decorators and body, by its name."""
    return {node.name: ast.unparse(node) for file in TESTS.rglob("test_*.py") for node in _functions(file)}


def _functions(file: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_every_operator_is_in_the_table(installed_extension: ModuleType) -> None:
    import bpy

    assert sorted(EVERY) == sorted(dir(bpy.ops.farmhand))


@pytest.mark.parametrize("name", EVERY)
def test_it_has_a_label_and_a_tooltip_without_a_final_stop(installed_extension: ModuleType, name: str) -> None:
    import bpy

    rna = getattr(bpy.ops.farmhand, name).get_rna_type()
    assert rna.name
    assert rna.description
    assert not rna.description.endswith(".")


@pytest.mark.parametrize("name", EVERY)
def test_its_label_and_tooltip_are_translated_into_every_language(part: Part, name: str) -> None:
    cls = cls_of(name)
    for language in LANGUAGES:
        known = part(f"translations.{language}").TEXTS
        assert {cls.bl_label, inspect.getdoc(cls)} <= known.keys(), language


@pytest.mark.parametrize("name", EVERY)
def test_it_has_a_poll_that_gives_a_reason_or_needs_none(installed_extension: ModuleType, name: str) -> None:
    polls = [base.poll for base in cls_of(name).__mro__ if "poll" in vars(base)]
    assert bool(polls) != bool(EVERY[name].no_poll)
    if polls:
        assert "poll_message_set(" in inspect.getsource(inspect.unwrap(polls[0].__func__))


@pytest.mark.parametrize("name", EVERY)
def test_it_reports_what_it_did_or_shows_it(installed_extension: ModuleType, name: str) -> None:
    assert ("self.report(" in own_source(cls_of(name))) != bool(EVERY[name].no_report)


@pytest.mark.parametrize("name", EVERY)
def test_a_test_presses_it(name: str) -> None:
    text = written().get(EVERY[name].test, "")
    assert any(way in text for way in (f"farmhand.{name}(", f"'{name}'", f"FARMHAND_OT_{name}", "watch.turn("))
