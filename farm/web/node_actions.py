"""What the web page's buttons do to nodes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ..api import node_routes
from ..errors import ApiError
from ..render.scheduling.job_actions import JobActions
from ..render.scheduling.scheduler import Scheduler
from . import forms
from .site import Site


def routes(site: Site, scheduler: Scheduler) -> APIRouter:
    """Stop or use a node; keep a job's frames to one kind of device."""
    actions = JobActions(site.store, scheduler)
    router = APIRouter(include_in_schema=False, route_class=site.route_class())

    @router.post("/web/nodes/{node_id}/{action}")
    async def change(node_id: str, action: str, request: Request) -> Response:
        await forms.read(request)
        if action not in ("stop", "use"):
            raise ApiError(404, "not_found", "There is no such page.")
        node_routes.change(scheduler.nodes, site.caller(request), node_id, is_used=action == "use")
        return RedirectResponse("/", 303)

    @router.post("/web/jobs/{job_id}/same-device")
    async def same_device(job_id: str, request: Request) -> Response:
        fields = await forms.read(request)
        site.job(request, job_id)
        actions.change(job_id, same_device=fields.get("on") == "1")
        return RedirectResponse(f"/web/jobs/{job_id}", 303)

    return router
