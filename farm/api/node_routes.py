"""The farm's own calls about the computers that render for it, and which of them rendered a frame."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from ...client.models import Model
from ..errors import ApiError
from ..parts import FarmParts
from ..render.backend import NodeDirectory, NodeState
from ..state.frame_lines import FrameLines
from ..state.keys import Caller
from ..state.store import Store
from .answers import described, not_found
from .auth import FARM_API, caller_of

_ANY_FRAME = 2**31
_MOST_FRAMES = 1000
_Count = Annotated[int, Field(ge=0)]


class NodeFrame(Model):
    """A frame that a node renders now. job_id, frame: None for a job of another workspace."""

    job_id: str | None
    frame: int | None
    seconds: float


class NodeLine(Model):
    """A computer that renders. See NodeState in render/backend.py for its members."""

    id: str
    name: str
    host: str
    system: str
    device: str
    devices: list[str]
    blender: str
    slots: _Count
    state: str
    reason: str
    frames: list[NodeFrame]
    frames_done: _Count
    frame_seconds: float | None
    heard: float


class NodeList(Model):
    """has_nodes: whether this farm renders on nodes at all. can_change: whether the caller may stop and use them."""

    has_nodes: bool
    can_change: bool
    nodes: list[NodeLine]


class JobFrame(Model):
    """A frame of a job. node, device: what rendered it; "" before, and on a farm without nodes."""

    frame: int
    state: str
    attempts: _Count
    seconds: float | None
    reason: str
    node: str
    device: str


class FrameList(Model):
    """Frames in order. next: the `after` for the next page, None at the end."""

    frames: list[JobFrame]
    next: int | None


def routes(farm: FarmParts) -> APIRouter:
    """The routes: in the API's OpenAPI document, outside the contract's paths."""
    store, directory = farm.store, farm.scheduler.nodes
    router = APIRouter()
    lines = FrameLines(store.database)

    def listed(caller: Caller) -> list[NodeLine]:
        return [_described(each, caller, store) for each in directory.states()] if directory else []

    @router.get(**described("/nodes", NodeList, FARM_API))
    async def nodes(request: Request) -> NodeList:
        caller = caller_of(request)
        return NodeList(has_nodes=directory is not None, can_change=caller.is_admin, nodes=listed(caller))

    @router.post(**described("/nodes/{node_id}/stop", NodeList, FARM_API))
    async def stop(node_id: str, request: Request) -> NodeList:
        change(directory, caller_of(request), node_id, is_used=False)
        return await nodes(request)

    @router.post(**described("/nodes/{node_id}/use", NodeList, FARM_API))
    async def use(node_id: str, request: Request) -> NodeList:
        change(directory, caller_of(request), node_id, is_used=True)
        return await nodes(request)

    @router.get(**described("/jobs/{job_id}/frames", FrameList, FARM_API))
    async def frames(
        job_id: str,
        request: Request,
        after: Annotated[int | None, Query(ge=-_ANY_FRAME, le=_ANY_FRAME)] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_FRAMES)] = 250,
    ) -> FrameList:
        job, caller = store.job(job_id), caller_of(request)
        if job is None or not caller.reaches(job.workspace_id):
            raise not_found()
        found = lines.of_job(job_id, after, limit)
        states = [JobFrame.model_validate(asdict(each)) for each in found]
        return FrameList(frames=states, next=found[-1].frame if len(found) == limit else None)

    return router


def change(directory: NodeDirectory | None, caller: Caller, node_id: str, *, is_used: bool) -> None:
    """Stop a node or use it again.

    Args:
        directory: None on a farm that renders by itself.
        caller: who makes the call; must be an admin.
        node_id: as the list of nodes gives it.
        is_used: False if the node is to get no more frames.

    Raises:
        ApiError: (403) another role, (404) no such node is connected.
    """
    if not caller.is_admin:
        raise ApiError(403, "wrong_role", "Only admins choose which nodes the farm uses.")
    if directory is None or not directory.use(node_id, is_used=is_used):
        raise ApiError(404, "node_not_found", "This node is not connected to the farm.")


def _described(node: NodeState, caller: Caller, store: Store) -> NodeLine:
    frames = []
    for each in node.frames:
        job = store.job(each.job_id)
        is_seen = job is not None and caller.reaches(job.workspace_id)
        place = {"job_id": each.job_id, "frame": each.frame} if is_seen else {"job_id": None, "frame": None}
        frames.append({**place, "seconds": each.seconds})
    return NodeLine.model_validate({**asdict(node), "frames": frames})
