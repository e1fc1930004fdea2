"""Cross-checked with blender-asset-tracer: what it finds we find too, but for what the frames do not read."""

from pathlib import Path
from typing import Any

import pytest
from blender_asset_tracer import blendfile, trace
from conftest import Projects
from kinds import KINDS

# Files that bat lists and a render of frames 3 to 5 does not read, and why.
KNOWN = {
    # bat lists the file's neighbors of like names; the image does not have this tile.
    "tiles": {"skin.1099.png"},
    # bat takes whole sequences; these are not among the frames.
    "sequence": {f"plate_{number:04d}.png" for number in (1, 2, 6, 7, 8, 9, 10)},
    "volume_sequence": {f"smoke_{number:03d}.vdb" for number in (1, 2, 6, 7, 8)},
    "image_strip": {f"{number:04d}.png" for number in (1, 2, 6, 7, 8)},
    # bat takes a clip's first file, which frame 1 shows.
    "clip": {"shot_0011.png"},
    # The strip is muted.
    "movie_strip": {"old.avi"},
    # No picture comes from the sequencer.
    "sound_that_nobody_renders": {"guide.wav"},
    # bat knows no scenes: one picture belongs to another, the other is behind the camera's view.
    "only_other_scenes": {"other.png", "reference.png"},
    # 5.0 packs linked data-blocks: the library itself is not read any more.
    "packed_libraries": {"sheet.blend"},
}
# bat 1.23 follows a node's pointer out of the file.
UNREADABLE = {"node_path"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in UNREADABLE])
def test_what_bat_finds_is_found(kind: str, projects: Projects, scans: dict[str, Any]) -> None:
    theirs = traced(Path(projects.blend(kind)))
    ours = set(scans[kind]["files"])
    assert {Path(file).name for file in theirs - ours} == KNOWN.get(kind, set())


def traced(blend: Path) -> set[str]:
    """The files that bat finds on disk."""
    try:
        return {str(file.resolve()) for usage in trace.deps(blend) for file in usage.files()}
    finally:
        blendfile.close_all_cached()
