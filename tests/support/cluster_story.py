"""What a night with many machines has in store, in one job: nodes die, fall silent, come late; the farm dies too."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from running_cluster import RunningCluster
from running_farm import OVER
from waiting import wait_until

EVENTS = ("kill a node", "stop a node", "kill the farm", "a node joins", "kill another node", "wake the node")


@dataclass
class Story:
    """events: what happened, with the number of frames that were done then. seconds: from start to last frame."""

    status: str
    frames: dict[str, bytes]
    events: list[tuple[str, int]] = field(default_factory=list)
    seconds: float = 0.0


def tell(cluster: RunningCluster, scene: Path, frames: int, seed: int, limit: float = 240) -> Story:
    """Render frames while everything happens, at moments that the seed decides. Three nodes must be there."""
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0.03, 0.7) * frames for _ in EVENTS)
    farm = cluster.farm
    first, silent, second = cluster.nodes[:3]
    deeds = {
        "kill a node": first.kill,
        "stop a node": silent.pause,
        "kill the farm": lambda: (farm.kill(), time.sleep(chance.uniform(0, 2)), farm.start()),
        "a node joins": lambda: cluster.node(wait=False),
        "kill another node": second.kill,
        "wake the node": silent.wake,
    }
    story = Story("", {})
    began = time.monotonic()
    job_id = farm.start_render(scene, frameRanges=[f"1-{frames}"])
    for event, moment in zip(EVENTS, moments, strict=True):
        end = time.monotonic() + 45  # with all others gone or silent, frames come no further: then it happens anyway
        while farm.frames_done(job_id) < moment and farm.job(job_id)["status"] not in OVER:
            if event == "wake the node" and time.monotonic() > end:
                break
            time.sleep(0.03)
            assert time.monotonic() < began + limit, f"{event} was due at {moment:.0f} frames"
        story.events.append((event, farm.frames_done(job_id)))
        deeds[event]()
    story.status = farm.wait_for(job_id, *OVER, seconds=limit)["status"]
    story.seconds = time.monotonic() - began
    story.frames = farm.frames(job_id)
    return story


def check_that_nothing_is_left(cluster: RunningCluster) -> None:
    """Not one Blender, neither of the dead nor of those that were asked to leave."""
    for node in cluster.nodes:
        if node.process.poll() is None:
            node.leave()
    wait_until(lambda: not cluster.blenders(), "every Blender is gone")
