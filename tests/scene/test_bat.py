"""Cross-checked with blender-asset-tracer: what it finds we find too, but for what the frames do not read."""

import re
from pathlib import Path
from typing import Any

import pytest
from blender_asset_tracer import blendfile, trace
from blenders_of_scenes import VERSIONS, Projects
from kinds import KINDS


def _numbered(pattern: str, *numbers: int) -> set[str]:
    return {pattern.format(number) for number in numbers}


_SEA = {
    name
    for kind in ("disp", "foam", "normal", "spray", "spray_inverse")
    for name in _numbered(f"{kind}_{{:04d}}.exr", 1, 2, 6, 7, 8)
}
_STRIP = _numbered("{:04d}.png", *range(1, 9))
# Files that bat lists and a render of frames 3 to 5 does not read, and why.
KNOWN = {
    # bat lists the file's neighbors of like names; the image does not have this tile.
    "tiles": {"skin.1099.png"},
    # bat takes whole sequences; these are not among the frames.
    "sequence": _numbered("plate_{:04d}.png", 1, 2, 6, 7, 8, 9, 10),
    "sequence_before_its_start": _numbered("plate_{:04d}.png", *range(1, 11)),
    "volume_sequence": _numbered("smoke_{:03d}.vdb", 1, 2, 6, 7, 8),
    "alembic_sequence": _numbered("step_{:04d}.abc", 1, 2, 6),
    "alembic_sequence_held": _numbered("step_{:04d}.abc", 1, 2, 4, 5, 6),
    "usd_sequence": _numbered("step_{:04d}.usdc", 1, 2, 6),
    "image_strip": _STRIP - _numbered("{:04d}.png", 3, 4, 5),
    "muted_input": _STRIP - _numbered("{:04d}.png", 3, 4, 5),
    "trimmed_strip": _numbered("{:04d}.png", 1, 2, 3, 4, 5, 6, 10, 11, 12),
    "reversed_strip": _numbered("{:04d}.png", 1, 2, 3, 4, 5, 6, 7, 11, 12),
    "strips_of_one_folder": _numbered("{:04d}.png", 1, 2, 5, 6, 7, 8, 10, 11, 12),
    "scene_strip": _numbered("{:04d}.png", *range(1, 12), *range(15, 21)),
    # bat takes the first file of a clip and of a stereo sequence, which frame 1 shows.
    "clip": {"shot_0011.png"},
    "stereo_sequence": {"p_0001_L.png"},
    # The clip of a scene that is not rendered.
    "active_clip": {"shot_0001.png"},
    # One strip is muted, the other at another time.
    "movie_strip": {"old.avi", "later.avi"},
    "muted_channel": _STRIP,
    "muted_meta": _STRIP,
    "meta_strip": _STRIP,
    "strip_modifier": _numbered("{:04d}.png", 1, 2, 6, 7, 8),
    "modifier_font": _numbered("{:04d}.png", 1, 2, 6, 7, 8),
    # An effect that is switched off.
    "effects": {"c.png"},
    # No picture comes from the sequencer.
    "sound_that_nobody_renders": {"guide.wav"},
    "background_scene": _STRIP,
    # Hidden in renders.
    "shown_and_read_collection": {"leaf.png"},
    "hidden": {"alone.png", "inside.png", "stand.png"},
    # Whatever lies in the folder of a cache.
    "fluid_cache": {"old.png"},
    "nodes_bake_in_the_project": {"secret.png", "scene.blend", "scene.blend1"},
    # bat knows no scenes: one picture belongs to another, the other is behind the camera's view.
    "only_other_scenes": {"other.png", "reference.png"},
    # 5.0 packs linked data-blocks: the library itself is not read any more.
    "packed_libraries": {"sheet.blend"},
}
KNOWN_IN = {
    # Up to 4.4 Blender itself opens a clip's first file.
    **{("clip", version): set[str]() for version in VERSIONS if version < "4.5"},
    # Up to 4.3 it renders black and not the camera when all strips are muted.
    **{
        (kind, version): {*_STRIP, "wood.png"}
        for kind in ("muted_channel", "muted_meta")
        for version in VERSIONS
        if version < "4.4"
    },
    # Only 5.1 and newer can be made to bake here.
    **{("ocean", version): _SEA for version in VERSIONS if version > "5.1"},
}
# Which files of a sequence are read is computed through animation and time, and held against what Blender opens in
# test_opened_files.py. Here bat may list more files of that sequence, and of no other.
COMPUTED = {
    *("alembic_sequence_driven", "volume_offset_keyed", "strip_shown_later", "sequence_driven"),
    *("sequence_by_nla", "sequence_by_slot", "stretched_textures", "stretched_displacement", "stretched_volume"),
    *("stretched_alembic", "stretched_ocean", "open_shutter", "centered_shutter", "vector_pass", "clip_strip"),
    *("clip_strip_and_compositor", "retimed_strip", "retimed_scene_strip", "sequence_by_repeated_nla"),
    *("sequence_by_reversed_nla", "sequence_by_driver_curve", "composited_keyed", "volume_back_and_forth"),
    *("strobed_strip", "reversed_clip_strip", "reversed_meta_strip", "held_meta_strip", "trimmed_scene_strip"),
    *("trimmed_scene_strip_of_strips", "shutter_below_zero", "dynamic_paint_images"),
}
# bat 1.23 follows the pointers of geometry nodes out of the file, and reads names as UTF-8.
UNREADABLE = {
    "names_not_utf8",
    "strip_names_not_utf8",
    "node_path",
    "modifier_path",
    "modifier_text",
    "nested_path",
    "computed_path",
    "chosen_path",
    "sequence_in_geometry",
    "sequence_by_image_node",
    "image_by_modifier",
    "collection_info",
    "collection_by_modifier",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in UNREADABLE])
def test_what_bat_finds_is_found(kind: str, projects: Projects, scans: dict[str, Any]) -> None:
    theirs = traced(Path(projects.blend(kind)))
    ours = set(scans[kind]["files"])
    only_theirs = {Path(file).name for file in theirs - ours}
    known = KNOWN_IN.get((kind, projects.blender.version), KNOWN.get(kind))
    if known is None:
        sequences = set(map(_without_number, ours)) if kind in COMPUTED else set[str]()
        known = {name for name in only_theirs if _without_number(name) in sequences}
    assert only_theirs == known


def _without_number(file: str) -> str:
    return re.sub(r"\d+", "#", Path(file).name)


def traced(blend: Path) -> set[str]:
    """The files that bat finds on disk."""
    try:
        return {str(file.resolve()) for usage in trace.deps(blend) for file in usage.files()}
    finally:
        blendfile.close_all_cached()
