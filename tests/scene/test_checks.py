"""Each thing that could spoil a render gets its finding, and a good scene gets none."""

import json
import re
from typing import Any

import pytest
from blenders_of_scenes import HERE, VERSIONS, Blender, blender_of

from cache import CHROOT_BLENDERS, ROOT

NOT_BAKED, PARTLY, GONE = (f"warning simulation_{word}" for word in ("not_baked", "partly_baked", "files_missing"))
FINDINGS = {
    "nothing_wrong": [],
    "no_camera": ["error no_camera"],
    "no_layer_in_use": ["error nothing_to_render"],
    "endless_range": ["warning many_frames"],
    "movie": ["warning movie_output"],
    "unsaved_relative_output": ["error output_needs_saved_file"],
    "python_driver": ["warning driver_needs_script"],
    "muted_python_driver": [],
    "script_at_start": ["warning script_at_start"],
    "stereo": ["info stereo"],
    "layer_and_camera_unknown": ["error camera_unknown", "error view_layer_unknown"],
    "camera_is_a_mesh": ["error camera_unknown"],
    "camera_that_was_deleted": ["warning camera_deleted"],
    "camera_of_a_collection": [],
    "camera_of_a_marker": [],
    "hidden_camera_of_a_marker": ["error no_camera"],
    "nothing_but_a_camera": ["warning nothing_to_render"],
    "foreign_engine": ["error engine_not_served"],
    "light_of_this_computer": ["warning light_not_sent"],
    "light_of_blender": [],
    "unknown_format": ["error format_not_served"],
    "wrong_output_folder": ["error output_path"],
    "wrong_frames": ["error request"],
    "compositor_writes_files": ["info file_output_nodes", "warning file_output_overwrites"],
    "compositor_without_output": ["info file_output_nodes", "warning no_frames_written"],
    "compositor_that_writes_nothing": ["error no_frames_written"],
    "compositor_shows_a_render": ["info file_output_nodes"],
    "freestyle_script": ["warning style_module"],
    "path_in_script": ["warning path_in_script"],
    "path_computed": ["warning path_computed"],
    "missing_texture": ["warning missing_file"],
    "missing_library": ["warning library_missing", "warning nothing_to_render"],
    "broken_usd": ["warning usd_unread"],
    "windows_path": ["warning missing_file", "warning path_of_another_system"],
    "bad_name": ["info names_changed"],
    "missing_strip": ["warning missing_file"],
    "sequence_by_position": ["info sequence_whole"],
    "sequence_of_few": [],
    "cloth_on_a_stretched_timeline": [],
    "cloth_switched_on_later": [NOT_BAKED],
    "missing_and_not_used": ["info missing_unused"],
    "brushes_gone": [],
    "bundled_assets_gone": [],
    "left_out": ["info left_out"],
    "sequence_left_out": ["info left_out"],
    "missing_with_pixels_in_memory": ["warning missing_file"],
    "missing_and_packed_from_memory": [],
    "painted_and_not_saved": ["warning image_unsaved"],
    "baked_and_not_saved": ["warning image_unsaved"],
    "made_by_blender_and_read": [],
    "painted_and_not_used": [],
    "baked_and_saved": [],
    "empty_texture": ["warning file_empty"],
    "pointer_in_place_of_a_texture": ["warning file_is_pointer"],
    "page_in_place_of_a_texture": ["warning file_is_text"],
    "page_in_place_of_a_cache": ["warning file_is_text"],
    "picture_that_begins_with_text": [],
    "huge_texture": ["error too_large"],
    "case_twins": ["info names_changed"],
    "bad_folder_names": ["info names_changed"],
    "library_of_text": ["error library_unusable"],
    "library_of_text_since_it_was_opened": ["error library_unusable"],
    "truncated_library": ["error library_unusable"],
    "data_gone_from_library": ["warning linked_data_missing"],
    "library_of_a_newer_blender": ["warning newer_blender"],
    "unbaked_cloth": [NOT_BAKED],
    "partly_baked_cloth": [PARTLY],
    "cloth_files_gone": [GONE],
    "cloth_files_partly_gone": [PARTLY],
    "cloth_in_memory": [],
    "whole_external_cloth": [],
    "external_cloth_gone": [GONE],
    "external_cloth_found": [],
    "external_cloth_partly_gone": [PARTLY],
    "unbaked_cloth_that_is_never_rendered": [],
    "unbaked_cloth_in_a_linked_instance": [NOT_BAKED],
    "still_particles": [],
    "particles_on_a_thing_that_moves": [NOT_BAKED],
    "falling_particles": [NOT_BAKED],
    "cloth_at_its_start": [],
    "cloth_at_its_start_with_motion_blur": [NOT_BAKED],
    "passive_bodies": [],
    "animated_bodies": [],
    "falling_bodies": [NOT_BAKED],
    "bake_node_gone": [GONE],
    "unbaked_zone": [NOT_BAKED],
    "whole_zone": [],
    "partly_baked_zone": [PARTLY],
    "zone_files_gone": [NOT_BAKED],
    "zone_kept_in_the_blend": ["warning simulation_bake_unknown"],
    "whole_fluid": [],
    "fluid_without_the_data_behind_its_mesh": [],
    "fluid_files_partly_gone": [PARTLY],
    "fluid_files_gone": [GONE],
    "node_of_an_add_on": ["warning node_of_add_on"],
    "node_of_an_add_on_that_is_not_rendered": [],
    "handler_of_an_add_on": ["warning handler_of_add_on"],
    "driver_that_reads_an_add_on": ["warning driver_reads_add_on"],
    "driver_that_reads_what_is_gone": ["warning driver_source_missing"],
    "driver_that_reads_a_custom_property": [],
    "driver_that_reads_cycles": [],
    "little_space": ["warning little_space_for_frames", "warning little_space_for_package"],
    "several_drives": ["info several_drives"],
    "cloud_placeholder": ["warning cloud_placeholder"],
    "no_frames": ["error no_frames"],
    "unsaved_changes": ["info unsaved_changes"],
}
ELSEWHERE = {
    "file_unreadable": HERE / "test_hostile.py",
    "blender_reports": HERE / "test_blender_log.py",
    "path_too_long": ROOT / "tests" / "blender" / "interface" / "test_path_lengths.py",
    **dict.fromkeys(
        (
            *("engine_missing", "color_replaced", "node_undefined"),
            *("color_config", "color_config_fallback", "color_config_packed"),
        ),
        ROOT / "tests" / "farm" / "test_losses.py",
    ),
}
"""Findings that a test in another file is about."""


@pytest.fixture(scope="session", params=VERSIONS)
def blender(request: pytest.FixtureRequest) -> Blender:
    """Each Blender in turn."""
    return blender_of(request.param)


@pytest.fixture(scope="session")
def answers(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("broken")
    blender.run(HERE / "broken_scenes.py", str(folder))
    return dict(json.loads((folder / "answers.json").read_text()))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", FINDINGS)
def test_a_scene_gets_exactly_the_findings_it_deserves(scene: str, answers: dict[str, Any]) -> None:
    if scene not in answers:
        pytest.skip("this Blender has no such thing")
    assert answers[scene]["codes"] == FINDINGS[scene]


@pytest.mark.parametrize("scene", FINDINGS)
def test_every_scene_is_made(scene: str) -> None:
    """One that is defined and missing in `SCENES` would be skipped as if this Blender had no such thing."""
    others = "".join(
        file.read_text(encoding="utf-8") for file in HERE.glob("*.py") if not file.name.startswith("test_")
    )
    assert re.search(rf"(?<!def )\b{scene}\b", others)


def test_every_finding_is_in_the_docs_and_named_by_a_test() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "scene").rglob("*.py"))
    said = set(re.findall(r'Finding\(\s*(?:ERROR|WARNING|INFO),\s*"(\w+)"', source))
    said |= set(re.findall(r'_(?:as_)?finding\((?:problem, |\s*)"(\w+)"', source))
    table = (ROOT / "docs" / "check.md").read_text(encoding="utf-8").partition("## The findings")[2]
    in_docs = {
        word
        for line in table.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    in_tests = {finding.split()[1] for findings in FINDINGS.values() for finding in findings}
    for code, file in ELSEWHERE.items():
        assert code in file.read_text(encoding="utf-8")
    assert (in_docs, in_tests | ELSEWHERE.keys()) == (said, said)


def test_frames_that_a_bake_lacks_are_named(answers: dict[str, Any]) -> None:
    (message,) = answers["cloth_files_partly_gone"]["messages"]
    assert "not for these rendered frames: 4-5" in message


def test_a_missing_path_is_said_once(answers: dict[str, Any]) -> None:
    assert len(answers["missing_strip"]["messages"]) == 1


def test_a_missing_image_can_be_found_packed_from_memory_or_left_out(answers: dict[str, Any]) -> None:
    find, leave_out = ["farmhand.find_file", "/gone.png"], ["farmhand.leave_out", "/gone.png"]
    assert answers["missing_texture"]["fixes"] == [find, leave_out]
    assert answers["missing_with_pixels_in_memory"]["fixes"] == [find, ["farmhand.pack_image", "/gone.png"], leave_out]


def test_what_will_be_sent_says_how_much_of_a_sequence_is_needed_and_why_all_is(answers: dict[str, Any]) -> None:
    assert "used by Material “Paint”; 3 of 12 files in the sequence" in answers["sequence_of_few"]["reasons"]
    why = "because its animation could not be computed in advance"
    assert f"used by Material “Paint”; all 12 files {why}" in answers["sequence_by_position"]["reasons"]
    assert answers["sequence_by_position"]["messages"] == [f"All 12 files of Image “0001.png” will be sent {why}."]


def test_what_is_not_baked_can_be_selected(answers: dict[str, Any]) -> None:
    select = ["farmhand.select_object", "Plane"]
    assert answers["unbaked_cloth"]["fixes"] == answers["cloth_files_gone"]["fixes"] == [select]
    assert answers["external_cloth_gone"]["fixes"] == [["farmhand.find_folder", "/outside"], select]


def test_a_layer_that_a_usd_file_misses_is_named(answers: dict[str, Any], blender: Blender) -> None:
    # As built by blender.org, not by Debian; bpy 4.2 has none either.
    brings_pxr = blender.version not in CHROOT_BLENDERS and not blender.version.startswith("4.2")
    assert answers["missing_usd_layer"]["codes"] == ["warning missing_file" if brings_pxr else "warning usd_unread"]


def test_a_movie_is_asked_for_as_an_image_sequence(answers: dict[str, Any]) -> None:
    assert answers["movie"]["config"] == {"colorManagementPreset": "default", "outputFormat": "PNG"}


def test_nothing_is_sent_that_the_file_says_itself(answers: dict[str, Any]) -> None:
    assert answers["nothing_wrong"]["config"] == {"colorManagementPreset": "default"}
