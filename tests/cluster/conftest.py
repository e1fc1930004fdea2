"""Farms with nodes, of real processes and real Blenders."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_cluster import RunningCluster
from running_farm import RunningFarm

from cache import bpy_python


@pytest.fixture
def start_cluster(blender_command: list[str], tmp_path: Path) -> Iterator[Callable[..., RunningCluster]]:
    """Call to start a farm without nodes yet; more arguments of the farm."""
    clusters: list[RunningCluster] = []

    def start(*arguments: str) -> RunningCluster:
        clusters.append(RunningCluster(tmp_path / f"cluster{len(clusters)}", blender_command, *arguments))
        return clusters[-1]

    yield start
    for each in clusters:
        each.stop()


@pytest.fixture(scope="session")
def old_and_new() -> dict[str, list[str]]:
    """Commands of two Blenders by version."""
    commands = {version: bpy_python(full) for version, full in (("4.2", "4.2.23"), ("5.0", "5.0.1"))}
    for python in commands.values():
        if not python.exists():
            pytest.skip("Two Blenders are needed: run `make blender`")
    return {version: [str(python)] for version, python in commands.items()}


@pytest.fixture(scope="session")
def reference(
    blender_command: list[str], scene_file: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """All 120 frames of the turning cube, rendered by one machine."""
    farm = RunningFarm(tmp_path_factory.mktemp("alone"), blender_command, "--workers", "2")
    job = farm.rendered(scene_file("turning"))
    assert job["status"] == "completed"
    frames = farm.frames(job["id"])
    farm.stop()
    return frames
