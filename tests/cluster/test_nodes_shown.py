"""Nodes as people see them: in the farm's calls, on its page, stopped and used again, set aside, of one kind."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import FARMHAND
from lying_node import LyingNode, Order, result
from people import Person
from running_cluster import RunningCluster
from waiting import wait_until

from farmhand.client.farm_nodes import FarmService
from farmhand.farm.api.auth import FARM_API

pytestmark = pytest.mark.filterwarnings("ignore")
Pretender = Callable[..., AbstractContextManager[None]]
GPU = {"devices": ["OPTIX: Fast One", "OPTIX: Fast Two"]}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RunningCluster]:
    cluster = RunningCluster(tmp_path / "cluster", ["/bin/false"])
    yield cluster
    cluster.stop()


@pytest.fixture
def pretender(cluster: RunningCluster) -> Pretender:
    """Call with a name, the seconds of a frame, frames that fail, and facts: a node without a Blender."""
    count = 0

    @contextmanager
    def join(name: str, seconds: float = 0.05, fails: bool = False, **facts: Any) -> Iterator[None]:
        nonlocal count
        count += 1
        key = cluster.root / f"{name}.pem"
        if not key.exists():
            cluster.invite(name)

        async def answer(order: Order) -> None:
            if order.order["kind"] == "analysis":
                scene = {"scene": "Scene", "scenes": ["Scene"], "camera": "Camera", "frameStart": 1, "frameEnd": 1}
                await order.tell("analyzed", {"analysis": {**scene, "frameStep": 1, "fileVersion": "5.0.1"}})
                return
            await asyncio.sleep(seconds)
            if fails:
                await order.tell("failed", {"name": "It did not work.", "type": "odd"})
                return
            await order.tell("started", {"finalConfig": order.order["config"]})
            await order.tell("rendered", result(f"frames/{order.order['frame']:04d}.png", name.encode()))
            await order.put(0, name.encode())

        address = f"tls://127.9.{count}.9:9999"
        told = {"host": name, **facts}
        with LyingNode(cluster.port, key, answer, told, address=address):
            yield

    return join


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(b"BLENDER-v500" + b"x" * 1000)
    return path


def ask(cluster: RunningCluster, path: str, method: str = "GET", **body: Any) -> Any:
    answer = cluster.farm.api.request(method, f"{cluster.farm.url}{FARM_API}{path}", json=body or None)
    answer.raise_for_status()
    return answer.json()


def by_name(cluster: RunningCluster) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in ask(cluster, "/nodes")["nodes"]}


def rendered_by(cluster: RunningCluster, job_id: str) -> set[str]:
    return {each["node"] for each in ask(cluster, f"/jobs/{job_id}/frames")["frames"]}


def test_a_farm_tells_what_its_nodes_are_and_what_they_render(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    assert ask(cluster, "/nodes") == {"hasNodes": True, "canChange": True, "nodes": []}
    with pretender("attic", seconds=0.4, system="Windows AMD64", **GPU):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-4"])
        wait_until(lambda: bool(by_name(cluster)["attic"]["frames"]), "a frame is in hand")
        node = by_name(cluster)["attic"]
        assert (node["system"], node["blender"], node["device"]) == ("Windows AMD64", "5.0.1", "OPTIX")
        assert node["state"] == "ready" and node["frames"][0]["jobId"] == job_id
        cluster.farm.wait_for(job_id, "completed")
        node = by_name(cluster)["attic"]
        assert node["framesDone"] == 4 and node["frameSeconds"] == pytest.approx(0.1)
        stranger = Person(cluster.farm, "Ada", "--workspace", "elsewhere")
        assert not stranger.api.get(f"{cluster.farm.url}{FARM_API}/nodes").json()["canChange"]
    wait_until(lambda: not by_name(cluster), "the node has left")


def test_the_frames_of_a_job_tell_which_node_rendered_them(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("attic"), pretender("cellar"):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-8"])
        cluster.farm.wait_for(job_id, "completed")
    first = ask(cluster, f"/jobs/{job_id}/frames?limit=5")
    rest = ask(cluster, f"/jobs/{job_id}/frames?limit=5&after={first['next']}")
    told = {each["frame"]: each["node"] for each in [*first["frames"], *rest["frames"]]}
    assert rest["next"] is None and list(told) == list(range(1, 9))
    frames = cluster.farm.frames(job_id)
    assert {frame: content.decode() for frame, content in zip(told, frames.values(), strict=True)} == told
    assert set(told.values()) == {"attic", "cellar"}


@pytest.mark.soak
def test_a_node_that_is_stopped_gets_no_frame_even_when_it_comes_back_until_it_is_used_again(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("attic"), pretender("cellar"):
        attic = by_name(cluster)["attic"]["id"]
        assert ask(cluster, f"/nodes/{attic}/stop", "POST")
        job_id = cluster.farm.start_render(scene, frameRanges=["1-8"])
        cluster.farm.wait_for(job_id, "completed")
        assert rendered_by(cluster, job_id) == {"cellar"}
    with pretender("attic"):
        assert by_name(cluster)["attic"]["state"] == "stopped"
        job_id = cluster.farm.new_job(scene)
        cluster.farm.ask(f"/jobs/{job_id}/validate")
        wait_until(lambda: bool(cluster.farm.job(job_id)["pausedReason"]), "the job says what it waits for")
        ask(cluster, f"/nodes/{attic}/use", "POST")
        assert cluster.farm.wait_for(job_id, "validated")["pausedReason"] is None


def test_only_admins_stop_nodes(cluster: RunningCluster, pretender: Pretender) -> None:
    with pretender("attic"):
        place = f"{cluster.farm.url}{FARM_API}/nodes/{by_name(cluster)['attic']['id']}/stop"
        assert Person(cluster.farm, "Ada").api.post(place).status_code == 403
        assert by_name(cluster)["attic"]["state"] == "ready"
        assert cluster.farm.api.post(place.replace("/nodes/", "/nodes/no")).status_code == 404


@pytest.mark.soak
def test_a_node_that_fails_three_frames_that_others_render_is_set_aside_with_a_reason(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("good", seconds=0.2), pretender("bad", seconds=0.01, fails=True):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-12"])
        assert cluster.farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
        bad = by_name(cluster)["bad"]
        assert (
            bad["state"] == "set_aside" and bad["reason"] == "3 frames that failed on bad were rendered by other nodes."
        )
        ask(cluster, f"/nodes/{bad['id']}/use", "POST")
        assert by_name(cluster)["bad"]["state"] == "ready"


@pytest.mark.soak
def test_frames_of_a_job_stay_on_one_kind_of_device_unless_that_is_turned_off(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("slow-gpu", seconds=0.2, **GPU), pretender("cpu", seconds=0.01):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-6"])
        cluster.farm.wait_for(job_id, "completed")
        assert rendered_by(cluster, job_id) == {"slow-gpu"}
        job_id = cluster.farm.start_render(scene, frameRanges=["1-6"], computeDeviceType="NONE")
        cluster.farm.wait_for(job_id, "completed")
        assert "cpu" in rendered_by(cluster, job_id), "what uses no GPU renders alike everywhere"
        job_id = cluster.farm.validated(scene)["id"]
        assert ask(cluster, f"/jobs/{job_id}")["sameDevice"] is True
        config = {"colorManagementPreset": "default", "frameRanges": ["1-12"], "sameDevice": False}
        cluster.farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=config)
        assert ask(cluster, f"/jobs/{job_id}")["sameDevice"] is False
        cluster.farm.wait_for(job_id, "completed")
        assert rendered_by(cluster, job_id) == {"slow-gpu", "cpu"}
        page = signed_in(cluster).get(f"/web/jobs/{job_id}").text
        assert "were rendered with CPU and OPTIX and may differ" in page


def test_blender_is_told_which_node_rendered_which_frames_and_chooses_the_kind_of_device(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("gpu", seconds=0.02, **GPU):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-5"])
        cluster.farm.wait_for(job_id, "completed")
        with FarmService(cluster.farm.url, cluster.farm.token) as farm:
            told = farm.job_nodes(job_id)
            assert (told["job_id"], told["same_device"]) == (job_id, True)
            assert told["nodes"] == [{"name": "gpu", "device": "OPTIX", "frames": ["1-5"]}]
            unfinished = cluster.farm.validated(scene)["id"]
            assert farm.choose_device(unfinished, is_same=False)["same_device"] is False
            assert ask(cluster, f"/jobs/{unfinished}")["sameDevice"] is False


@pytest.mark.soak
def test_a_job_waits_for_its_kind_of_device_even_over_a_restart_and_says_so(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("gpu", seconds=0.3, **GPU):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-6"])
        wait_until(lambda: cluster.farm.frames_done(job_id) > 0, "a frame is done")
    cluster.farm.kill()
    cluster.farm.start()
    with pretender("cpu"):
        wait_until(lambda: "OPTIX" in (cluster.farm.job(job_id)["pausedReason"] or ""), "the job says why it waits")
        ask(cluster, f"/jobs/{job_id}", "PATCH", sameDevice=False)
        assert cluster.farm.wait_for(job_id, "completed")["pausedReason"] is None


def test_the_web_page_shows_nodes_and_its_buttons_stop_one(
    cluster: RunningCluster, pretender: Pretender, scene: Path
) -> None:
    with pretender("attic", seconds=1.0, system="Windows AMD64", **GPU):
        job_id = cluster.farm.start_render(scene, frameRanges=["1-2"])
        browser = signed_in(cluster)
        wait_until(lambda: "Frame 1 for" in browser.get("/").text, "the frame in hand is shown")
        page = browser.get("/").text
        assert "Windows AMD64 · Blender 5.0.1 · OPTIX: Fast One, OPTIX: Fast Two · 1 slot" in page
        (action,) = re.findall(r'action="(/web/nodes/\w+/stop)"', page)
        assert browser.post(action, headers={"Origin": "https://elsewhere"}).status_code == 403
        assert "Stop Using" in browser.get("/").text
        assert browser.post(action).status_code == 303
        assert "Use Again" in browser.get("/").text
        assert browser.post(action.replace("stop", "use")).status_code == 303
        cluster.farm.wait_for(job_id, "completed")
        assert "attic (OPTIX): 2 frames" in browser.get(f"/web/jobs/{job_id}").text


def test_the_command_line_lists_nodes_and_stops_one_by_its_name(
    cluster: RunningCluster, pretender: Pretender, tmp_path: Path
) -> None:
    own = {"FARMHAND_HOME": str(tmp_path / "home"), "FARMHAND_API_KEY": cluster.farm.token}

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        command = [*FARMHAND, "nodes", *words, "--server", cluster.farm.url, "--json"]
        ended = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, timeout=60)
        return ended.returncode, json.loads(ended.stdout)

    with pretender("attic", **GPU):
        code, told = run()
        assert code == 0 and [(each["name"], each["state"]) for each in told["nodes"]] == [("attic", "ready")]
        assert run("--stop", "attic")[1]["nodes"][0]["state"] == "stopped"
        assert by_name(cluster)["attic"]["state"] == "stopped"
        assert run("--use", told["nodes"][0]["id"])[1]["nodes"][0]["state"] == "ready"
        assert run("--stop", "cellar")[0] != 0


@pytest.mark.soak
def test_a_node_that_says_nothing_is_shown_as_silent(cluster: RunningCluster, blender_command: list[str]) -> None:
    node = cluster.node(blender=blender_command)
    (name,) = by_name(cluster)
    node.pause()
    wait_until(lambda: by_name(cluster)[name]["state"] == "silent", "the farm notices")
    node.wake()
    wait_until(lambda: by_name(cluster).get(name, {}).get("state") == "ready", "it is heard again")


def signed_in(cluster: RunningCluster) -> httpx.Client:
    browser = httpx.Client(base_url=cluster.farm.url, headers={"Origin": cluster.farm.url}, trust_env=False, timeout=30)
    assert browser.post("/web/sign-in", data={"key": cluster.farm.token}).status_code == 303
    return browser
