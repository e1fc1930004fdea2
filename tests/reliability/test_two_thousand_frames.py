"""A long animation over a bad line: every frame arrives, and hardly a byte is moved twice."""

from pathlib import Path

import pytest
from carrying import carrying
from quick_engine import package
from world import Service

from farmhand.courier.frames.verify import sha256_of
from farmhand.jobs import submit
from farmhand.jobs.journal.submission import State

FRAMES = 2000
SIZE = (160, 120)
# Each strikes every 500th answer, so that together they spoil one in a hundred.
FAULTS = (("status", 503), ("status", 403), ("reset", 0), ("truncated", 20_000), ("corrupted", 20_000))


@pytest.mark.soak
def test_two_thousand_frames_arrive_whole_with_one_answer_in_a_hundred_spoiled(
    service: Service, tmp_path: Path
) -> None:
    farm, proxy = service.farm, service.proxy
    file = tmp_path / "scene.blend"
    file.write_bytes(package(1, size=SIZE))
    job_id = farm.rendered(file, frameRanges=[f"1-{FRAMES}"])["id"]
    outputs = farm.downloads(job_id)["frameOutputs"]
    proxy.clear()
    faults = [proxy.add(kind, "GET /", times=-1, value=value, every=500) for kind, value in FAULTS]

    with carrying(tmp_path, proxy.url, farm.token) as courier:
        done = courier.carry(submit.bring_job(courier.home, proxy.url, job_id, courier.output))

    assert done.state is State.DONE, done.problem
    sums = {path.name: sha256_of(path) for path in courier.output.iterdir()}
    assert sums == {output["fileName"]: output["sha256"] for output in outputs}
    assert len(sums) == FRAMES
    assert sum(fault.struck for fault in faults) >= 0.01 * FRAMES
    assert proxy.bytes_down <= 1.05 * sum(output["bytes"] for output in outputs)
