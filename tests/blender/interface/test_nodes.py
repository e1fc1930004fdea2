"""Nodes: shown for a farm that has some, with what each is and does, and a button that stops it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import stand_ins

URL = "http://127.0.0.1:9/api/external/v1"
ATTIC = {
    "id": "0123456789abcdef",
    "name": "attic",
    "host": "attic",
    "system": "Windows AMD64",
    "device": "OPTIX",
    "devices": ["OPTIX: Fast One"],
    "blender": "5.0.1",
    "slots": 2,
    "state": "silent",
    "reason": "It does not answer.",
    "busy": 1,
    "frames": [12],
    "frames_done": 7,
    "frame_seconds": 3.25,
}


@pytest.fixture
def told(fresh_file: None, live: Any, part: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Call with what the scene's server tells of its nodes; returns the panel's class."""
    import bpy

    preferences = part("ui.preferences").addon_preferences(bpy.context)
    preferences.custom_url, preferences.custom_key = URL, "FH-key"
    bpy.context.scene.farmhand.server = "CUSTOM"

    def tell(**changes: Any) -> Any:
        session = part("ui.state").require()
        answer = {"has_nodes": True, "can_change": True, "nodes": [ATTIC], "slots": 2, **changes}
        session.nodes[URL] = session.nodes_at(URL).answered(answer)
        return part("panels.servers.farm_nodes").FARMHAND_PT_nodes

    return tell


def test_the_panel_is_there_only_where_the_server_has_nodes(
    told: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    assert told().poll(bpy.context)
    assert not told(has_nodes=False, nodes=[]).poll(bpy.context)
    told()
    bpy.context.scene.farmhand.server = "LOCAL"
    assert not part("panels.servers.farm_nodes").FARMHAND_PT_nodes.poll(bpy.context)


class _Farm(BaseHTTPRequestHandler):
    """Answers as a farm does of one node, in the names of its document."""

    state = "ready"
    same_device = True

    def do_GET(self) -> None:
        if self.path == "/api/farm/v1/jobs/job-1":
            self._send(200, {"sameDevice": self.same_device})
            return
        if self.path.startswith("/api/farm/v1/jobs/job-1/frames?"):
            frames = [{"frame": number, "node": "attic", "device": "OPTIX"} for number in (1, 2, 3)]
            self._send(200, {"frames": [*frames, {"frame": 4, "node": "", "device": ""}], "next": None})
            return
        self._answer(200 if self.path == "/api/farm/v1/nodes" else 404)

    def do_PATCH(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).same_device = told["sameDevice"]
        self._send(200, told)

    def do_POST(self) -> None:
        action = self.path.rpartition("/")[2]
        type(self).state = {"stop": "stopped", "use": "ready"}[action]
        self._answer(200 if self.path == f"/api/farm/v1/nodes/{ATTIC['id']}/{action}" else 404)

    def _answer(self, code: int) -> None:
        names = {"frames_done": "framesDone", "frame_seconds": "frameSeconds"}
        node = {names.get(name, name): value for name, value in ATTIC.items() if name != "busy"}
        frames = [{"jobId": "a", "frame": 12, "seconds": 1.5}, {"jobId": None, "frame": None, "seconds": 2}]
        node = {**node, "state": self.state, "frames": frames}
        self._send(code, {"hasNodes": True, "canChange": True, "nodes": [node]})

    def _send(self, code: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def farm() -> Iterator[str]:
    """The address of a farm's API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Farm)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/external/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_a_node_is_listed_stopped_and_used_again_by_its_buttons(
    farm: str, fresh_file: None, live: Any, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    preferences = part("ui.preferences").addon_preferences(bpy.context)
    preferences.custom_url, preferences.custom_key = farm, "FH-key"
    bpy.context.scene.farmhand.server = "CUSTOM"

    def nodes() -> list[Any]:
        return list(part("ui.servers.server_list").nodes_listing(bpy.context).found.nodes)

    assert bpy.ops.farmhand.list_nodes() == {"FINISHED"}
    assert [(each.name, each.state, each.busy, each.frames) for each in nodes()] == [("attic", "ready", 2, (12,))]
    assert bpy.ops.farmhand.use_node(node=ATTIC["id"], is_used=False) == {"FINISHED"}
    assert [each.state for each in nodes()] == ["stopped"] and not nodes()[0].is_used
    assert bpy.ops.farmhand.use_node(node=ATTIC["id"], is_used=True) == {"FINISHED"}
    assert nodes()[0].is_used


OFFERED = {"split_frames": "Split Frames", "same_device": "Same Kind of Device"}


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ({"has_nodes": True, "slots": 2}, {"split_frames", "same_device"}),
        ({"has_nodes": True, "slots": 1}, {"same_device"}),
        ({"has_nodes": False, "nodes": [], "slots": 3}, {"split_frames"}),
        ({"has_nodes": False, "nodes": [], "slots": 1}, set()),
    ],
)
def test_what_needs_a_farm_of_several_slots_is_offered_before_a_render(
    told: Callable[..., Any], part: Callable[[str], ModuleType], answer: dict[str, Any], offered: set[str]
) -> None:
    import bpy

    told(**answer)
    for engine, possible in (("CYCLES", offered), ("BLENDER_WORKBENCH", offered - {"split_frames"})):
        bpy.context.scene.render.engine = engine
        stand = stand_ins.Stand(part("panels.request.overrides").FARMHAND_PT_advanced, stand_ins.Layout())
        stand.draw(bpy.context)
        assert {name for name, text in OFFERED.items() if text in stand.layout.texts} == possible


@pytest.mark.parametrize(
    ("seconds", "changes", "config", "is_offered"),
    [
        (59, {}, {}, False),
        (61, {}, {}, True),
        (20, {}, {"resolutionPercentage": 50}, True),
        (90, {}, {"sampleCount": 256}, False),
        (59, {}, {"renderEngine": "BLENDER_EEVEE"}, True),
        (59, {"server_url": "local"}, {}, True),
        (59, {"blend": "/other.blend"}, {}, True),
        (59, {"scene": "Other"}, {}, True),
        (59, {"state": "active", "stage": "render", "frames_done": 0}, {}, True),
        (59, {"state": "active", "stage": "render", "frames_done": 0, "frames_rendered": 2}, {}, False),
    ],
)
def test_a_scene_whose_frames_are_known_to_take_less_than_a_minute_is_not_offered_to_be_split(
    told: Callable[..., Any],
    part: Callable[[str], ModuleType],
    add: Callable[..., Any],
    job_file: Callable[..., Any],
    tmp_path: Path,
    seconds: float,
    changes: dict[str, Any],
    config: dict[str, Any],
    is_offered: bool,
) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 128
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    told()
    numbers = {"frames_total": 2, "frames_done": 2, "normalized_seconds": 2.0 * seconds}
    one = {"server_url": URL, "blend": bpy.data.filepath, "scene": scene.name, "state": "done", "stage": "finished"}
    size = [scene.render.resolution_x, scene.render.resolution_y]
    expected = {"renderEngine": "CYCLES", "sampleCount": 128, "resolution": size, "resolutionPercentage": 100}
    job_file(add(**{**one, **numbers, **changes}), expected=expected, render_config=config)
    part("operators.watch").tick()
    stand = stand_ins.Stand(part("panels.request.overrides").FARMHAND_PT_advanced, stand_ins.Layout())
    stand.draw(bpy.context)
    assert ("Split Frames" in stand.layout.texts) is is_offered


def test_a_server_is_asked_without_a_press_what_it_renders_on_and_a_farm_of_nodes_again_later(
    farm: str, fresh_file: None, live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    session, nodes = part("ui.state").require(), part("operators.farm_nodes")
    preferences = part("ui.preferences").addon_preferences(bpy.context)
    preferences.custom_url, preferences.custom_key = farm, "FH-key"
    nodes.ask_unasked(bpy.context, session)
    assert not session.nodes, "the scene renders on this computer alone"
    bpy.context.scene.farmhand.server = "CUSTOM"
    nodes.ask_unasked(bpy.context, session)
    assert session.nodes_at(farm).found.has_nodes
    before = session.nodes_at(farm)
    nodes.ask_unasked(bpy.context, session)
    assert session.nodes_at(farm) is before
    monkeypatch.setattr(nodes, "NODES_SECONDS", 1e-6)  # nodes come and go
    nodes.ask_unasked(bpy.context, session)
    assert session.nodes_at(farm).answered_at > before.answered_at
    preferences.custom_key = "FH-other"
    assert not session.nodes, "another key may reach another workspace"


def test_who_rendered_a_job_of_this_computer_is_asked_of_its_farm_while_that_runs(
    farm: str,
    fresh_file: None,
    live: Any,
    add: Callable[..., Any],
    part: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import bpy

    one = add("shot", server_url="local", job_id="job-1", state="active", stage="render")
    session = part("ui.state").require()
    part("ui.jobs.job_list").select(bpy.context, session, one.id)
    with pytest.raises(RuntimeError, match="The farm on this computer is not running"):
        bpy.ops.farmhand.job_nodes()
    local_farm = part("courier.servers.local_farm")
    access = local_farm.Access(farm, "FH-key", 1, "0", has_nodes=True)
    monkeypatch.setattr(local_farm, "living", lambda data: access)
    assert bpy.ops.farmhand.job_nodes() == {"FINISHED"}
    assert session.nodes_at("local").job.nodes == (("attic", "OPTIX", "1-3"),)


def test_which_node_rendered_a_job_is_asked_and_any_device_allowed(
    farm: str, fresh_file: None, live: Any, add: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    preferences = part("ui.preferences").addon_preferences(bpy.context)
    preferences.custom_url, preferences.custom_key = farm, "FH-key"
    one = add("shot", server_url=farm, job_id="job-1", state="active", stage="render")
    part("ui.jobs.job_list").select(bpy.context, part("ui.state").require(), one.id)
    session = part("ui.state").require()
    assert bpy.ops.farmhand.job_nodes() == {"FINISHED"}
    assert session.nodes_at(farm).job.nodes == (("attic", "OPTIX", "1-3"),) and session.nodes_at(farm).job.same_device
    assert bpy.ops.farmhand.job_nodes(word="any-device") == {"FINISHED"}
    assert not session.nodes_at(farm).job.same_device and not _Farm.same_device


def test_the_details_of_a_job_say_which_node_rendered_its_frames(
    told: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    told()
    session, draw = part("ui.state").require(), part("panels.servers.farm_nodes").draw_job_nodes
    one = SimpleNamespace(server_url=URL, job_id="job-1", is_over=False)
    before = stand_ins.Layout()
    draw(before, bpy.context, one)
    assert before.texts == ["Nodes"]
    nodes = [{"name": "attic", "device": "OPTIX", "frames": ["1-4", "7"]}]
    answer = {"job_id": "job-1", "same_device": True, "nodes": nodes}
    session.nodes[URL] = session.nodes_at(URL).answered(answer)
    assert session.nodes_at(URL).found.has_nodes, "what is known of all nodes stays"
    after = stand_ins.Layout()
    draw(after, bpy.context, one)
    assert after.texts == ["Nodes", "attic (OPTIX): 1-4, 7"]
    session.nodes[URL] = session.nodes_at(URL).failed("No.")
    failed = stand_ins.Layout()
    draw(failed, bpy.context, one)
    assert failed.texts == ["Nodes", "No.", "attic (OPTIX): 1-4, 7"]
    elsewhere = stand_ins.Layout()
    draw(elsewhere, bpy.context, SimpleNamespace(server_url="local", job_id="job-1", is_over=False))
    assert not elsewhere.texts


def test_a_node_is_drawn_with_its_state_its_devices_and_its_work(told: Callable[..., Any]) -> None:
    import bpy

    layout = stand_ins.Layout()
    told().draw(SimpleNamespace(layout=layout), bpy.context)
    drawn = " | ".join(layout.texts)
    for text in ("attic: Silent", "Windows AMD64 · Blender 5.0.1 · OPTIX: Fast One", "frames 12", "3.2 s per frame"):
        assert text in drawn
    assert "1 of 2 slots busy" in drawn and "It does not answer." in drawn


def test_a_farm_of_this_computer_that_is_just_starting_is_asked_later(
    fresh_file: None, live: Any, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    others = part("ui.other_computers")
    monkeypatch.setattr(others, "_view", others.View(is_on=True, addresses=("http://192.168.0.2:8000",)))
    part("operators.farm_nodes").ask_unasked(bpy.context, part("ui.state").require())
    assert not live.reports and not live.nodes_at("local").problem
