"""The web page's routes: signing in, the jobs, one job, its log and its actions, the stream of changes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..answer_limit import AnswerLimit
from ..errors import ApiError
from ..render.scheduling.job_actions import JobActions
from ..render.scheduling.scheduler import Scheduler
from ..responses import FILES_OF_EACH_END
from ..state.frame_lines import FrameLines
from ..state.job_pages import PageOfJobs
from ..state.job_status import OVER, RUNNING
from ..state.queue.frame_queue import PRIORITIES
from . import changes, forms, logs, node_actions, nodes, overview
from .site import COOKIE, TEMPLATES, SignedOut, Site

PAGE_SIZE = 30
MOST_FAILURES = 200
MOST_STREAMS = 200
MOST_STREAMS_OF_A_KEY = 40
_COOKIE_SECONDS = 30 * 86400
"""Of the browser's memory. The farm ends a session that idles; one in use does not end because its cookie is old."""
_PAUSED = "This job is paused. Press Resume to continue."
_STATIC = {"farm.css": "text/css", "farm.js": "text/javascript", "icon.svg": "image/svg+xml"}


def routes(site: Site, scheduler: Scheduler) -> APIRouter:
    """All routes; they are not part of the API's document."""
    router = APIRouter(include_in_schema=False, route_class=site.route_class())
    _add_signing_in(router, site)
    _add_list(router, site, scheduler)
    _add_job(router, site, scheduler)
    actions = JobActions(site.store, scheduler)
    _add_actions(router, site, actions)
    _add_queue_actions(router, site, actions)
    router.include_router(node_actions.routes(site, scheduler))
    _add_stream(router, site, scheduler)
    return router


def _add_signing_in(router: APIRouter, site: Site) -> None:
    @router.post("/web/sign-in")
    async def sign_in(request: Request) -> Response:
        cookie = site.sessions.sign_in((await forms.read(request)).get("key", ""))
        if cookie is None:
            problem = "This key does not open the web page of this farm. Use a key with the role “submit” or “admin”."
            return site.page("sign_in", code=403, problem=problem, caller=None)
        response = RedirectResponse("/", 303)
        is_encrypted = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, cookie, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict", secure=is_encrypted
        )
        return response

    @router.post("/web/sign-out")
    async def sign_out(request: Request) -> Response:
        await forms.read(request)
        site.sessions.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    @router.get("/web/static/{name}")
    async def static(name: str) -> Response:
        if name not in _STATIC:
            raise ApiError(404, "not_found", "There is no such page.")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=300"}
        return FileResponse(TEMPLATES.parent / "static" / name, media_type=_STATIC[name], headers=headers)


def _add_list(router: APIRouter, site: Site, scheduler: Scheduler) -> None:
    @router.get("/")
    async def jobs(
        request: Request,
        status: Annotated[str, Query(max_length=40)] = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    ) -> HTMLResponse:
        try:
            caller = site.caller(request)
        except SignedOut:
            return site.page("sign_in", code=401 if "x-part" in request.headers else 200, problem="", caller=None)
        workspace = None if caller.is_admin else caller.workspace_id
        records, total = site.store.pages.records(PageOfJobs(page, PAGE_SIZE, status or None, workspace))
        views, names = site.views(request), site.workspace_names() if caller.is_admin else {}
        return site.page(
            "jobs_live" if "x-part" in request.headers else "jobs",
            caller=caller,
            jobs=[
                overview.job_line(job, views, site.store.counts(job.id), names.get(job.workspace_id, ""))
                for job in records
            ],
            filters=overview.FILTERS,
            status=status,
            page=page,
            last_page=math.ceil(total / PAGE_SIZE),
            active=sum(site.store.pages.count(each, workspace_id=workspace) for each in RUNNING),
            paused=site.store.pause_reason,
            rendering=overview.rendering(site.store, scheduler.under_way, workspace),
            workers=scheduler.capacity,
            nodes=nodes.rows(scheduler.nodes, site.store, caller),
            disk=overview.disk(site.disk.usage()) if caller.is_admin else None,
            kept=overview.size(site.kept_bytes(caller.workspace_id)),
        )


def _add_job(router: APIRouter, site: Site, scheduler: Scheduler) -> None:
    lines = FrameLines(site.store.database)

    @router.get("/web/jobs/{job_id}")
    async def job(job_id: str, request: Request) -> HTMLResponse:
        record = site.job(request, job_id)
        site.keep_for_links(record)
        views = site.views(request)
        files, shares = views.downloads(record, FILES_OF_EACH_END), lines.shares(job_id)
        return site.page(
            "job_live" if "x-part" in request.headers else "job",
            caller=site.caller(request),
            job=overview.job_line(record, views, site.store.counts(job_id)),
            problem=record.failed_name,
            paused=_PAUSED if record.is_paused and record.status not in OVER else views.paused_reason(record),
            pictures=overview.pictures(files),
            files=overview.files(files),
            file_count=views.files(record),
            zip=files.transforms.frames_zip if files.transforms else None,
            failures=site.store.failed_frames(job_id, MOST_FAILURES),
            details=overview.details(record, views) + [("Rendered by", each) for each in nodes.shares(shares)],
            difference=nodes.difference(shares),
            same_device=record.same_device if scheduler.nodes is not None else None,
            priorities=overview.PRIORITY_CHOICES,
            has_logs=logs.have(_logs(site), job_id),
        )

    @router.get("/web/jobs/{job_id}/log")
    async def log(job_id: str, request: Request) -> HTMLResponse:
        record = site.job(request, job_id)
        return site.page(
            "log",
            caller=site.caller(request),
            job=overview.job_line(record, site.views(request), site.store.counts(job_id)),
            logs=await asyncio.to_thread(logs.read, _logs(site), job_id),
        )


def _add_actions(router: APIRouter, site: Site, actions: JobActions) -> None:
    @router.post("/web/jobs/{job_id}/cancel")
    async def cancel(job_id: str, request: Request) -> Response:
        await _asked(site, job_id, request)
        await actions.cancel(job_id)
        return _back(request, job_id)

    @router.post("/web/jobs/{job_id}/retry")
    async def retry(job_id: str, request: Request) -> Response:
        await _asked(site, job_id, request)
        actions.retry(job_id)
        return _back(request, job_id)


def _add_queue_actions(router: APIRouter, site: Site, actions: JobActions) -> None:
    @router.post("/web/jobs/{job_id}/pause")
    async def pause(job_id: str, request: Request) -> Response:
        await _asked(site, job_id, request)
        actions.change(job_id, is_paused=True)
        return _back(request, job_id)

    @router.post("/web/jobs/{job_id}/resume")
    async def resume(job_id: str, request: Request) -> Response:
        await _asked(site, job_id, request)
        actions.change(job_id, is_paused=False)
        return _back(request, job_id)

    @router.post("/web/jobs/{job_id}/priority")
    async def priority(job_id: str, request: Request) -> Response:
        fields = await _asked(site, job_id, request)
        chosen = {str(each): each for each in PRIORITIES}.get(fields.get("priority", ""))
        if chosen is None:
            raise ApiError(400, "no_priority", f"A priority is a number from {PRIORITIES[0]} to {PRIORITIES[-1]}.")
        actions.change(job_id, priority=chosen)
        return _back(request, job_id)


def _add_stream(router: APIRouter, site: Site, scheduler: Scheduler) -> None:
    places = AnswerLimit(MOST_STREAMS, MOST_STREAMS_OF_A_KEY)

    @router.get("/web/events")
    async def events(request: Request) -> Response:
        who = site.caller(request).key_id
        # Checked and taken in one step: of a thousand concurrent calls, none has begun when the last one is checked.
        if not places.take(who):
            raise ApiError(429, "too_many", "Too many pages of this farm are open.")
        cookie = request.cookies.get(COOKIE, "")
        stream = changes.events(
            lambda: (site.store.mark, scheduler.nodes and scheduler.nodes.mark),
            lambda: site.sessions.caller(cookie) is not None,
        )
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return _Stream(stream, lambda: places.give_back(who), headers)


class _Stream(StreamingResponse):
    """Events. ended: called once, however the stream ends, even before the first event."""

    def __init__(self, events: AsyncIterator[str], ended: Callable[[], None], headers: dict[str, str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _asked(site: Site, job_id: str, request: Request) -> dict[str, str]:
    """The form's fields, after checking that the caller may change this job."""
    fields = await forms.read(request)
    site.job(request, job_id)
    return fields


def _back(request: Request, job_id: str) -> Response:
    """Redirect to the page with the button."""
    came_from = forms.parts_of(request.headers.get("referer", ""))
    is_list = came_from.netloc == request.url.netloc and came_from.path == "/"
    return RedirectResponse(f"/?{came_from.query}" if is_list else f"/web/jobs/{job_id}", 303)


def _logs(site: Site) -> Path:
    return site.settings.data / "logs" / "jobs"
