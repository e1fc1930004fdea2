"""One job on many machines: what comes out is what one machine renders, whatever happens to the others."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cluster_story
import pytest
from running_cluster import RunningCluster
from running_farm import RunningFarm
from waiting import wait_until

StartCluster = Callable[..., RunningCluster]
StartFarm = Callable[..., RunningFarm]
Scenes = Callable[..., Path]
FRAMES = 40


@pytest.fixture
def alone(start_farm: StartFarm, scene_file: Scenes) -> Callable[[int], dict[str, bytes]]:
    """Call with a number of frames: what one machine renders of the turning cube."""

    def render(frames: int) -> dict[str, bytes]:
        farm = start_farm("--workers", "2")
        job = farm.rendered(scene_file("turning"), frameRanges=[f"1-{frames}"])
        assert job["status"] == "completed", job["failedReason"]
        result = farm.frames(job["id"])
        farm.stop()
        return result

    return render


def three_nodes(cluster: RunningCluster) -> None:
    for _ in range(3):
        cluster.node(wait=False)
    for node in cluster.nodes:
        node.wait_until_connected()


@pytest.mark.timeout(400)
def test_nodes_and_the_farm_die_and_every_frame_is_the_one_that_a_single_machine_renders(
    start_cluster: StartCluster, scene_file: Scenes, alone: Callable[[int], dict[str, bytes]]
) -> None:
    cluster = start_cluster()
    three_nodes(cluster)
    story = cluster_story.tell(cluster, scene_file("turning"), FRAMES, seed=1)
    assert story.status == "completed"
    cluster_story.check_that_nothing_is_left(cluster)
    assert len(set(story.frames.values())) == FRAMES, "no two frames of this scene are alike"
    assert story.frames == alone(FRAMES)


def test_cancel_ends_every_blender_on_every_node(start_cluster: StartCluster, scene_file: Scenes) -> None:
    cluster = start_cluster()
    three_nodes(cluster)
    job_id = cluster.farm.start_render(scene_file("slow"))
    wait_until(lambda: all(node.blenders() for node in cluster.nodes), "every node renders")
    assert cluster.farm.ask(f"/jobs/{job_id}/cancel")["status"] == "canceled"
    wait_until(lambda: not cluster.blenders(), "the Blenders are gone")


def test_a_node_that_is_killed_leaves_no_blender(start_cluster: StartCluster, scene_file: Scenes) -> None:
    cluster = start_cluster()
    node = cluster.node("--confine", "off")
    cluster.farm.start_render(scene_file("slow"))
    wait_until(lambda: bool(node.blenders()), "the node renders")
    node.kill()
    wait_until(lambda: not node.blenders(), "its Blenders are gone")


@pytest.mark.soak
def test_a_node_that_is_asked_to_leave_finishes_its_frame_and_takes_no_other(
    start_cluster: StartCluster, scene_file: Scenes
) -> None:
    cluster = start_cluster()
    node = cluster.node()
    job_id = cluster.farm.start_render(scene_file("turning"))
    wait_until(lambda: cluster.farm.frames_done(job_id) >= 3, "three frames are done")
    assert node.leave() == 0
    assert not node.blenders()
    done = cluster.farm.frames_done(job_id)
    time.sleep(1)
    assert cluster.farm.frames_done(job_id) == done
    wait_until(lambda: cluster.farm.api.get(f"/jobs/{job_id}/progress").json()[0]["framesRendering"] == 0, "none")
    assert "No node is connected" in cluster.farm.job(job_id)["pausedReason"]


@pytest.mark.soak
def test_a_late_node_renders_at_once(start_cluster: StartCluster, scene_file: Scenes) -> None:
    cluster = start_cluster()
    cluster.node()
    job_id = cluster.farm.start_render(scene_file("turning"))
    cluster.farm.wait_for(job_id, "rendering")
    late = cluster.node()
    wait_until(lambda: bool(late.blenders()), "the late node has a Blender at work")


@pytest.mark.soak
def test_frames_go_to_nodes_with_the_blender_that_saved_the_scene(
    start_cluster: StartCluster, scene_file: Scenes, old_and_new: dict[str, list[str]]
) -> None:
    cluster = start_cluster()
    old = cluster.node(blender=old_and_new["4.2"])
    scene = scene_file("animated", old_and_new["5.0"])
    job_id = cluster.farm.new_job(scene)
    cluster.farm.ask(f"/jobs/{job_id}/validate")
    # Until the node has joined, the farm says that there is none.
    reason = "No node has Blender 5.0"
    wait_until(lambda: reason in (cluster.farm.job(job_id)["pausedReason"] or ""), "the farm says what it lacks")
    assert not old.blenders()
    cluster.node(blender=old_and_new["5.0"])
    assert cluster.farm.wait_for(job_id, "validated", "failed")["status"] == "validated"
    cluster.farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig={"colorManagementPreset": "default"})
    job = cluster.farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed"
    assert job["finalConfig"]["blenderVersion"].startswith("5.0")
    assert job["pausedReason"] is None


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_a_night_with_everything_at_random_moments(
    start_cluster: StartCluster, scene_file: Scenes, reference: dict[str, bytes], seed: int, record_property: Any
) -> None:
    cluster = start_cluster()
    three_nodes(cluster)
    story = cluster_story.tell(cluster, scene_file("turning"), 120, seed)
    cluster_story.check_that_nothing_is_left(cluster)
    assert story.status == "completed"
    assert story.frames == reference
    events = ", ".join(f"{event} at {done}" for event, done in story.events)
    record_property("night", f"{seed}|{events}|{story.seconds:.0f}")
