"""Random project trees go through the real packer, and every package has all that its scene names."""

import json
from pathlib import Path

import pytest
from blenders_of_scenes import HERE, VERSIONS, blender_of


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_tree_packs_to_a_package_that_has_all_its_scene_names(version: str, tmp_path: Path) -> None:
    assert problems(version, tmp_path, 6) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("version", VERSIONS)
def test_two_hundred_trees_pack_to_packages_that_have_all_their_scenes_name(version: str, tmp_path: Path) -> None:
    for start in range(0, 200, 50):
        assert problems(version, tmp_path, 50, start) == []


def problems(version: str, folder: Path, count: int, seed: int = 0) -> list[list[object]]:
    """The seeds of trees whose package is not whole, and what is wrong with it."""
    blender_of(version).run(HERE / "pack_trees.py", str(folder), str(count), str(seed))
    return list(json.loads((folder / "answer.json").read_text()))
