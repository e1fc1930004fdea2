"""The API's routes: thin, each one checks, changes the store, and lets the scheduler know."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from ...client import frame_ranges
from ...client.models import (
    CreateJobRequest,
    Downloads,
    Job,
    JobPage,
    Model,
    Pagination,
    Progress,
    RenderRequest,
    UploadRequest,
    UploadTarget,
)
from .. import plain_json
from ..errors import ApiError
from ..parts import FarmParts
from ..render.scheduling.job_actions import JobActions
from ..render.scheduling.job_start import JobStart
from ..settings import machine_memory
from ..state import job_status
from ..state.job_pages import PageOfJobs
from ..state.records import JobRecord, Upload
from ..state.store import Store
from . import config_schema, monitoring, node_routes, pages, queue_routes, storage_routes, web_page
from .answers import add_error_answers, described, not_found
from .arrived_uploads import ArrivedUploads
from .auth import OPENAPI, UNKNOWN_KEY, bearer_key, caller_of
from .waiting import WaitingRequests

_MAX_PAGE_SIZE = 200


class JobEnvelope(Model):
    """GET /jobs/{id} wraps its job; the other calls do not."""

    data: Job


def create_app(farm: FarmParts, version: str) -> FastAPI:
    """The farm's application, without authentication."""
    app = FastAPI(title="Farmhand farm", version=version, docs_url=None, redoc_url=None, openapi_url=OPENAPI)
    add_error_answers(app)
    _add_upload_routes(app, farm)
    _add_progress_routes(app, farm)  # before /jobs/{job_id}, which would take /jobs/progress
    _add_job_routes(app, farm)
    _add_lifecycle_routes(app, farm)
    for module in (queue_routes, node_routes, storage_routes, monitoring, pages, web_page):
        app.include_router(module.routes(farm))
    return app


def _add_upload_routes(app: FastAPI, farm: FarmParts) -> None:
    settings, store, workspaces, disk = farm.settings, farm.store, farm.workspaces, farm.disk
    uploads = ArrivedUploads(settings, store, farm.storage.objects, workspaces)

    @app.post(**described("/uploads", UploadTarget))
    async def request_upload(body: UploadRequest, request: Request) -> UploadTarget:
        name, file_type = plain_json.name(body.file_name), body.file_type
        if not name.lower().endswith("." + file_type):
            raise ApiError(400, "wrong_type", f"The file name must end in .{file_type}.")
        workspace_id = caller_of(request).workspace_id
        workspaces.check_bytes(workspace_id)
        workspaces.check_links(workspace_id)
        disk.check_upload()
        slug = secrets.token_urlsafe(12).replace("-", "a").replace("_", "b")
        upload = Upload(slug, name, file_type, time.time() + settings.upload_seconds, None, workspace_id)
        store.add_upload(upload)
        return farm.views(request).upload_target(upload)

    @app.post(**described("/jobs", Job))
    async def create_job(body: CreateJobRequest, request: Request) -> Job:
        upload = store.upload(body.slug)
        if upload is None or upload.workspace_id != caller_of(request).workspace_id:
            raise ApiError(400, "unknown_slug", "No upload has this slug: ask for an upload link first.")
        if upload.bytes is None:
            upload = await uploads.find_arrived(upload)
        if upload is None:
            raise ApiError(
                400, "not_uploaded", "The file for this slug has not arrived: upload it, or ask for a new link."
            )
        workspaces.check_job(upload.workspace_id)
        job = store.create_job(body.slug)
        return farm.views(request).job(job)


def _add_job_routes(app: FastAPI, farm: FarmParts) -> None:
    store, views = farm.store, farm.views

    @app.get(**described("/jobs", JobPage))
    async def list_jobs(
        request: Request,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=_MAX_PAGE_SIZE)] = 50,
        status: Annotated[str | None, Query(max_length=40)] = None,
    ) -> Response:
        workspace_id = caller_of(request).workspace_id
        jobs, total = store.pages.listed(PageOfJobs(page, page_size, status, workspace_id))
        view = views(request)
        pages = Pagination(page=page, page_size=page_size, total=total, total_pages=math.ceil(total / page_size))
        told = ",".join(view.job_text(job) for job in jobs)
        text = f'{{"jobs":[{told}],"pagination":{pages.model_dump_json(by_alias=True)}}}'
        return Response(text, media_type="application/json")

    @app.get(**described("/jobs/{job_id}", JobEnvelope))
    async def get_job(job_id: str, request: Request) -> JobEnvelope:
        return JobEnvelope(data=views(request).job(_seen(store, job_id, request)))

    @app.get(**described("/jobs/{job_id}/downloads", Downloads))
    async def downloads(job_id: str, request: Request) -> Response:
        job = _seen(store, job_id, request)
        farm.keep_for_links(job)
        prepared = views(request).prepared(job)
        told = await asyncio.to_thread(lambda: prepared().model_dump_json(by_alias=True, exclude_unset=True))
        return Response(told, media_type="application/json")


def _add_progress_routes(app: FastAPI, farm: FarmParts) -> None:
    store, views = farm.store, farm.views
    waiting = WaitingRequests(lambda: store.mark, farm.is_ending)

    @app.get(**described("/jobs/progress", list[Progress]))
    async def all_progress(request: Request) -> list[Progress]:
        view = views(request)
        running = store.running(caller_of(request).workspace_id)
        return [counters for job in running for counters in view.progress(job)]

    @app.get(**described("/jobs/{job_id}/progress", list[Progress], may_be_unchanged=True))
    async def progress(job_id: str, request: Request, response: Response) -> list[Progress]:
        _seen(store, job_id, request)
        is_known, headers = await waiting.until_changed(request, lambda: store.standing(job_id))
        if farm.find_caller(bearer_key(request.scope)) is None:  # revoked meanwhile
            raise ApiError(401, "unauthorized", UNKNOWN_KEY)
        response.headers.update(headers)
        if is_known:
            response.status_code = 304  # no body goes out
            return []
        return views(request).progress(_seen(store, job_id, request))


def _add_lifecycle_routes(app: FastAPI, farm: FarmParts) -> None:
    store, scheduler, workspaces, views = farm.store, farm.scheduler, farm.workspaces, farm.views
    actions, start = JobActions(store, scheduler), JobStart(store, workspaces, scheduler.shortages)

    @app.post(**described("/jobs/{job_id}/validate", Job))
    async def validate(job_id: str, request: Request) -> Job:
        job_status.check_validate(_known(store, job_id, request).status)
        job = store.move(job_id, job_status.VALIDATING)
        assert job is not None
        scheduler.validate(job_id)
        return views(request).job(job)

    @app.post(**described("/jobs/{job_id}/render", Job))
    async def render(job_id: str, body: RenderRequest, request: Request, response: Response) -> Job:
        job = _known(store, job_id, request)
        if _is_repeated(job, response):
            return views(request).job(job)
        _check_not_empty(body)
        config = config_schema.final_request(body.requested_render_config, job.analysis or {}, machine_memory())
        frames = await asyncio.to_thread(config_schema.frames, config)
        config["frameRanges"] = await asyncio.to_thread(frame_ranges.ranges, frames)
        requested = body.requested_render_config.to_wire()
        told = body.requested_render_config.same_device
        same_device = job.same_device if told is None else told
        # No await from here until the frames are counted, so that no other start is checked in between.
        workspaces.check_frames(job.workspace_id, len(frames))
        started = store.move(job_id, job_status.BOOTING, requested=requested, config=config, same_device=same_device)
        if started is None:  # another call was faster
            _is_repeated(_known(store, job_id, request), response)
        elif await start.add_frames(started, frames):
            scheduler.render(job_id)
        return views(request).job(store.get(job_id))

    @app.post(**described("/jobs/{job_id}/cancel", Job))
    async def cancel(job_id: str, request: Request) -> Job:
        _seen(store, job_id, request)
        await actions.cancel(job_id)
        return views(request).job(store.get(job_id))


def _known(store: Store, job_id: str, request: Request) -> JobRecord:
    """A job of the caller's workspace; one of another workspace does not exist for it. Raises ApiError (404)."""
    job = store.job(job_id)
    if job is None or job.workspace_id != caller_of(request).workspace_id:
        raise not_found()
    return job


def _seen(store: Store, job_id: str, request: Request) -> JobRecord:
    """A job that the caller may see and cancel: administrators, of any workspace. Raises ApiError (404)."""
    job = store.job(job_id)
    if job is None or not caller_of(request).reaches(job.workspace_id):
        raise not_found()
    return job


def _is_repeated(job: JobRecord, response: Response) -> bool:
    """Whether this request repeats an earlier start of the job. Raises ApiError (400)."""
    is_repeated = job_status.check_render(job.status, job.requested is not None)
    if is_repeated:
        response.headers["X-Idempotent-Replay"] = "true"
    return is_repeated


def _check_not_empty(body: RenderRequest) -> None:
    if "color_management_preset" not in body.requested_render_config.model_fields_set:
        raise ApiError(400, "empty_config", "The render config needs at least colorManagementPreset.")
