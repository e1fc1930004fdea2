"""One frame on several computers: tiles go to nodes as frames do, and so does putting them together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_cluster import RunningCluster
from running_farm import RunningFarm
from split_stills import difference, everything, said
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API

StartCluster = Callable[..., RunningCluster]
Scenes = Callable[..., Path]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_still_is_rendered_by_two_nodes_of_which_one_dies(
    start_cluster: StartCluster, start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    scene = scene_file("whole_picture")
    alone = start_farm()
    wanted = {"frameRanges": ["3"], "sampleCount": 400, "denoisingEnabled": False}
    whole = everything(alone, alone.rendered(scene, **wanted)["id"])
    alone.stop()
    cluster = start_cluster()
    cluster.node(wait=False)
    cluster.node(wait=False)
    for node in cluster.nodes:
        node.wait_until_connected()
    job_id = cluster.farm.start_render(scene, **wanted, splitFrames=True)
    wait_until(lambda: frames_in_hand(cluster) == [[3], [3]], "both nodes render")
    cluster.nodes[0].kill()
    job = cluster.farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed", job["failedReason"]
    assert said(cluster.farm, "frame 3 is split into 4 tiles")
    assert said(cluster.farm, "frame 3 is rendered again (node0 is gone)")
    split = everything(cluster.farm, job_id)
    assert sorted(split) == sorted(whole)
    assert [name for name in split if difference(split[name], whole[name])] == []
    (node,) = nodes_of(cluster)
    assert (node["framesDone"], node["frameSeconds"]) == (1, None), "tiles are no frames"


def frames_in_hand(cluster: RunningCluster) -> list[list[int]]:
    return [[each["frame"] for each in node["frames"]] for node in nodes_of(cluster)]


def nodes_of(cluster: RunningCluster) -> list[dict[str, Any]]:
    answer = cluster.farm.api.get(f"{cluster.farm.url}{FARM_API}/nodes").raise_for_status()
    return list(answer.json()["nodes"])
