"""A page for each job that a browser can show: how far it is, its latest frames, links to all files.

There is no login: the link is signed and expires, like those to files. The page loads nothing from other hosts and
runs no script.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from ..parts import FarmParts
from ..responses import PAGES
from .page_html import job_page, message_page

_POLICY = (
    "default-src 'none'; img-src 'self'{pictures}; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def routes(farm: FarmParts) -> APIRouter:
    """The pages' routes; they are not in the API's OpenAPI document."""
    store, storage = farm.store, farm.storage
    router = APIRouter(include_in_schema=False)
    headers = {**_HEADERS, "Content-Security-Policy": _POLICY.format(pictures=storage.picture_source)}

    @router.get(f"/{PAGES}/{{job_id}}")
    async def page(job_id: str, request: Request, expires: str = "", signature: str = "") -> HTMLResponse:
        if not storage.allows(f"{PAGES}/{job_id}", "GET", expires, signature):
            sentence = "Links to a job's page work for an hour. Choose Show in Browser in Blender to get a new one."
            return HTMLResponse(message_page("This link has expired", sentence), 403, headers=headers)
        job = store.job(job_id)
        if job is None:
            sentence = "The job was removed from the farm; frames that were downloaded are where they were saved."
            return HTMLResponse(message_page("This job is no longer on the farm", sentence), 404, headers=headers)
        farm.keep_for_links(job)
        return HTMLResponse(job_page(job, farm.views(request)), headers=headers)

    return router
