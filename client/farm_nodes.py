"""The computers that render for a Farmhand farm, through the farm's own API; other services have none."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import Field

from .errors import Refused
from .frame_ranges import ranges
from .message import msg
from .network.network import NetworkSettings
from .plain_text import tidy
from .service import Service
from .tolerant import Answer, Count, Id, Model, Seconds

_SHOWN_LETTERS = 120
_FRAMES_A_PAGE, _MOST_PAGES = 1000, 100
_OUTSIDE, _OWN = "/api/external/v1", "/api/farm/v1"


class _Frame(Answer):
    job_id: str | None = None
    frame: int | None = None
    seconds: Seconds = 0.0


class _Node(Answer):
    id: Id
    name: str
    host: str = ""
    system: str = ""
    device: str = ""
    devices: list[str] = Field(default_factory=list)
    blender: str = ""
    slots: Count = 1
    state: str = ""
    reason: str = ""
    frames: list[_Frame] = Field(default_factory=list)
    frames_done: Count = 0
    frame_seconds: Seconds | None = None


class _Nodes(Answer):
    has_nodes: bool = False
    can_change: bool = False
    nodes: list[_Node] = Field(default_factory=list)


class _Workers(Answer):
    workers: Count = 0


class _RenderedFrame(Answer):
    frame: int
    node: str = ""
    device: str = ""


class _RenderedFrames(Answer):
    frames: list[_RenderedFrame] = Field(default_factory=list)
    next: int | None = None


class _Queued(Answer):
    same_device: bool = True


class _DeviceChoice(Model):
    same_device: bool


class FarmService(Service):
    """The farm's own API, beside the documented one. Every call may raise what those of Service raise."""

    def __init__(self, base_url: str, key: str = "", *, network: NetworkSettings | None = None) -> None:
        super().__init__(base_url.rstrip("/").removesuffix(_OUTSIDE) + _OWN, key, network=network)

    def nodes(self) -> dict[str, Any]:
        """What `described` returns; for a server that is not a farm, without nodes and slots."""
        try:
            found = self._call("GET", "/nodes", _Nodes, msg("list nodes"))
            workers = None if found.has_nodes else self._call("GET", "/workers", _Workers, msg("list nodes"))
        except Refused as error:
            if error.status != 404:
                raise
            found, workers = _Nodes(), None
        return described(found, workers)

    def use_node(self, node_id: str, *, is_used: bool) -> dict[str, Any]:
        """Stop giving frames to a node, or start again. Returns all nodes after the change."""
        action, doing = ("use", msg("use the node again")) if is_used else ("stop", msg("stop using the node"))
        return described(self._call("POST", f"/nodes/{quote(node_id, safe='')}/{action}", _Nodes, doing))

    def job_nodes(self, job_id: str) -> dict[str, Any]:
        """Which node rendered which frames of a job, and whether all of them must use one kind of device."""
        path, doing = f"/jobs/{quote(job_id, safe='')}", msg("read which node rendered a frame")
        queued = self._call("GET", path, _Queued, doing)
        by_node: dict[tuple[str, str], list[int]] = {}
        query = {"limit": _FRAMES_A_PAGE}
        for _ in range(_MOST_PAGES):
            page = self._call("GET", f"{path}/frames", _RenderedFrames, doing, query=query)
            for each in page.frames:
                if each.node:
                    by_node.setdefault((each.node, each.device), []).append(each.frame)
            if page.next is None or page.next == query.get("after"):
                break
            query["after"] = page.next
        nodes = [
            {"name": tidy(name, _SHOWN_LETTERS), "device": tidy(device, _SHOWN_LETTERS), "frames": ranges(frames)}
            for (name, device), frames in sorted(by_node.items())
        ]
        return {"job_id": job_id, "same_device": queued.same_device, "nodes": nodes}

    def choose_device(self, job_id: str, *, is_same: bool) -> dict[str, Any]:
        """Restrict the frames of a job to one kind of device, or allow any. Returns what `job_nodes` does."""
        path, doing = f"/jobs/{quote(job_id, safe='')}", msg("change the job")
        self._call("PATCH", path, _Queued, doing, _DeviceChoice(same_device=is_same))
        return self.job_nodes(job_id)


_GET_NO_FRAMES = ("stopped", "set_aside", "leaving")


def described(found: _Nodes, workers: _Workers | None = None) -> dict[str, Any]:
    """Plain data whose texts are short lines that are safe to show. workers: for a farm without nodes.

    slots: how many frames the farm can render at a time, not counting nodes that receive none.
    """
    nodes = [_line(each) for each in found.nodes]
    slots = workers.workers if workers else sum(each.slots for each in found.nodes if each.state not in _GET_NO_FRAMES)
    return {"has_nodes": found.has_nodes, "can_change": found.can_change, "nodes": nodes, "slots": slots}


def _line(node: _Node) -> dict[str, Any]:
    names = ("name", "host", "system", "device", "blender")
    texts = {name: tidy(getattr(node, name), _SHOWN_LETTERS) for name in names}
    return {
        **texts,
        "id": node.id,
        "devices": [tidy(each, _SHOWN_LETTERS) for each in node.devices],
        "slots": node.slots,
        "state": tidy(node.state, _SHOWN_LETTERS),
        "reason": tidy(node.reason, 2 * _SHOWN_LETTERS),
        "busy": len(node.frames),
        "frames": [each.frame for each in node.frames if each.frame is not None],
        "frames_done": node.frames_done,
        "frame_seconds": node.frame_seconds,
    }
