"""A farm on a Dask cluster that somebody else runs: a real scheduler and real workers, which only have Farmhand."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dask_cluster import OTHER_VERSION, WITHOUT_FARMHAND, DaskCluster, is_alive
from running_cluster import RunningCluster, free_ports
from running_farm import RunningFarm
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API
from farmhand.farm.cluster.dask import scheduler_address
from farmhand.farm.node.on_dask import plain_name

StartCluster = Callable[..., RunningCluster]
Scenes = Callable[..., Path]
FRAMES = 24


@pytest.fixture
def start_dask(blender_command: list[str], tmp_path: Path) -> Iterator[Callable[..., DaskCluster]]:
    """Call to start a Dask cluster without workers yet."""
    clusters: list[DaskCluster] = []

    def start(*, is_encrypted: bool = True) -> DaskCluster:
        clusters.append(DaskCluster(tmp_path / "dask", blender_command, is_encrypted=is_encrypted))
        return clusters[-1]

    yield start
    for each in clusters:
        each.stop()


def farm_on(dask: DaskCluster, start_cluster: StartCluster) -> RunningFarm:
    return start_cluster("--scheduler", dask.address, *dask.farm_options).farm


def names_of(farm: RunningFarm) -> list[str]:
    nodes = farm.api.get(f"{farm.url}{FARM_API}/nodes").raise_for_status().json()["nodes"]
    return [each["name"] for each in nodes]


def refused(tmp_path: Path, *arguments: str) -> str:
    """What a farm prints that does not start."""
    ports = ["--node-port", str(free_ports())]
    command = [sys.executable, "-m", "farmhand.farm", "--data", str(tmp_path / "farm"), "--backend", "dask", *ports]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=80)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, "a sentence, no traceback"
    return done.stderr


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_a_worker_dies_and_the_scheduler_is_started_again_and_every_frame_is_the_one_of_a_single_machine(
    start_dask: Callable[..., DaskCluster],
    start_cluster: StartCluster,
    start_farm: Callable[..., RunningFarm],
    scene_file: Scenes,
) -> None:
    wanted = {"frameRanges": [f"1-{FRAMES}"]}
    dask = start_dask()
    workers = [dask.worker(), dask.worker("--resources", "slot=2")]
    farm = farm_on(dask, start_cluster)
    wait_until(lambda: names_of(farm) == ["Dask cluster worker-0", "Dask cluster worker-1"], "both workers render")
    job_id = farm.start_render(scene_file("turning"), **wanted)
    wait_until(lambda: farm.frames_done(job_id) >= 3 and all(each.nodes() for each in workers), "both render")
    below = [each for worker in workers for each in worker.below()]
    workers[0].kill()
    wait_until(lambda: names_of(farm) == ["Dask cluster worker-1"], "the farm knows")
    dask.kill_scheduler()
    wait_until(lambda: not any(map(is_alive, below)), "nothing of the old workers is left")
    job = farm.job(job_id)
    assert job["status"] not in ("failed", "canceled")
    dask.start_scheduler()
    dask.worker()
    job = farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed", job["failedReason"]
    alone = start_farm("--workers", "2")
    assert farm.frames(job_id) == alone.frames(alone.rendered(scene_file("turning"), **wanted)["id"])


@pytest.mark.soak
@pytest.mark.timeout(200)
def test_the_workers_are_free_again_when_the_farm_ends(
    start_dask: Callable[..., DaskCluster], start_cluster: StartCluster
) -> None:
    dask = start_dask(is_encrypted=False)
    worker = dask.worker()
    farm = farm_on(dask, start_cluster)
    wait_until(lambda: names_of(farm) == ["Dask cluster worker-0"], "the worker has a node")
    farm.kill()
    wait_until(lambda: not worker.below(), "its node is gone")
    assert worker.process.poll() is None, "the worker itself is not the farm's"


@pytest.mark.timeout(200)
def test_a_worker_without_farmhand_is_named_and_the_others_render(
    start_dask: Callable[..., DaskCluster], start_cluster: StartCluster, scene_file: Scenes
) -> None:
    dask = start_dask(is_encrypted=False)
    dask.worker(before=WITHOUT_FARMHAND)
    farm = farm_on(dask, start_cluster)
    job_id = farm.new_job(scene_file("animated"))
    farm.ask(f"/jobs/{job_id}/validate")
    wanted = "No node runs on the Dask worker worker-0: its Python lacks farmhand"
    wait_until(lambda: wanted in str(farm.job(job_id)), "the job says what is missing")
    dask.worker()
    assert farm.wait_for(job_id, "validated", "failed")["status"] == "validated"


@pytest.mark.timeout(120)
def test_a_cluster_with_another_version_of_dask_is_refused(
    start_dask: Callable[..., DaskCluster], tmp_path: Path
) -> None:
    dask = start_dask(is_encrypted=False)
    dask.kill_scheduler()
    dask.start_scheduler(OTHER_VERSION)
    assert "has distributed 2024.1.0, and this farm 20" in refused(tmp_path, "--scheduler", dask.address)


@pytest.mark.timeout(120)
def test_a_scheduler_that_is_not_there_or_shows_another_certificate_is_refused(
    start_dask: Callable[..., DaskCluster], tmp_path: Path
) -> None:
    assert "cannot be used" in refused(tmp_path, "--scheduler", "tcp://127.0.0.1:1")
    ours, theirs = start_dask(), DaskCluster(tmp_path / "theirs", ["none"])
    theirs.stop()
    assert "cannot be used" in refused(tmp_path, "--scheduler", ours.address, *theirs.farm_options)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--scheduler", "cluster.example:8786"], "is not the address of a Dask scheduler"),
        (["--scheduler", "tcp://cluster.example:8786"], "is not encrypted"),
        (["--scheduler", "tls://cluster.example:8786"], "listens on this computer only"),
        (["--scheduler", "tls://127.0.0.1:1"], "needs certificates"),
        (["--scheduler", "tls://127.0.0.1:1", "--scheduler-ca", "ca.pem"], "TLS needs three files"),
        (["--scheduler-ca", "ca.pem"], "name it with --scheduler"),
        (["--scheduler", "tcp://127.0.0.1:1", "--backend", "local"], "needs --backend dask"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(arguments: list[str], reason: str, tmp_path: Path) -> None:
    assert reason in refused(tmp_path, "--blender", "none", *arguments)


def test_addresses_are_read_as_dask_writes_them() -> None:
    assert str(scheduler_address.parsed("tls://[fe80::1]:8786")) == "tls://[fe80::1]:8786"
    assert scheduler_address.parsed("tls://head").port == 8786
    assert scheduler_address.seen_from(scheduler_address.parsed("tcp://127.0.0.1:5"), "0.0.0.0") == "127.0.0.1"
    assert plain_name("tls://10.0.0.5:40123") == "10.0.0.5-40123"
    assert plain_name("gpu 7/a") == "gpu-7-a"
