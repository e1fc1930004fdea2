"""Nodes: shown for a farm that has some, with what each is and does, and a button that stops it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
        answer = {"has_nodes": True, "can_change": True, "nodes": [ATTIC], **changes}
        session.node_listing = session.node_listing.asking(URL).answered(answer)
        return part("panels.farm_nodes").FARMHAND_PT_nodes

    return tell


def test_the_panel_is_there_only_where_the_server_has_nodes(
    told: Callable[..., Any], part: Callable[[str], ModuleType]
) -> None:
    import bpy

    assert told().poll(bpy.context)
    assert not told(has_nodes=False, nodes=[]).poll(bpy.context)
    told()
    bpy.context.scene.farmhand.server = "LOCAL"
    assert not part("panels.farm_nodes").FARMHAND_PT_nodes.poll(bpy.context)


class _Farm(BaseHTTPRequestHandler):
    """Answers as a farm does of one node, in the names of its document."""

    state = "ready"

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/api/farm/v1/nodes" else 404)

    def do_POST(self) -> None:
        action = self.path.rpartition("/")[2]
        type(self).state = {"stop": "stopped", "use": "ready"}[action]
        self._answer(200 if self.path == f"/api/farm/v1/nodes/{ATTIC['id']}/{action}" else 404)

    def _answer(self, code: int) -> None:
        names = {"frames_done": "framesDone", "frame_seconds": "frameSeconds"}
        node = {names.get(name, name): value for name, value in ATTIC.items() if name != "busy"}
        frames = [{"jobId": "a", "frame": 12, "seconds": 1.5}, {"jobId": None, "frame": None, "seconds": 2}]
        node = {**node, "state": self.state, "frames": frames}
        body = json.dumps({"hasNodes": True, "canChange": True, "nodes": [node]}).encode()
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


def test_a_node_is_drawn_with_its_state_its_devices_and_its_work(told: Callable[..., Any]) -> None:
    import bpy

    layout = stand_ins.Layout()
    told().draw(SimpleNamespace(layout=layout), bpy.context)
    drawn = " | ".join(layout.texts)
    for text in ("attic: Silent", "Windows AMD64 · Blender 5.0.1 · OPTIX: Fast One", "frames 12", "3.2 s per frame"):
        assert text in drawn
    assert "1 of 2 slots busy" in drawn and "It does not answer." in drawn
