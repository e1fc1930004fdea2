"""A page for each job that a browser can show: how far it is, its latest frames, links to all files.

Nobody logs in: the link is signed and expires, like those to files.  The page loads nothing from elsewhere and runs no
script.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import PurePath

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from ...client.models import Downloads, FrameOutput, Job
from ..errors import ApiError
from ..responses import PAGES, Views
from ..settings import FarmSettings
from ..state.job_status import OVER
from ..state.records import JobRecord
from ..state.storage import Storage
from ..state.store import Store

SHOWN_PICTURES = 24
SHOWN_BY_BROWSERS = frozenset({".png", ".jpg", ".jpeg", ".webp"})
REFRESH_SECONDS = 3
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
progress { width: 100%; height: 1.2rem; margin: 1rem 0; }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .8rem; }
figure { margin: 0; } figcaption { font-size: .85rem; opacity: .8; }
img { width: 100%; border-radius: 4px; background: #8883; }
ul { columns: 14rem; padding-left: 1.2rem; font-size: .9rem; }
.problem { border-left: 4px solid #c33; padding-left: .8rem; }
"""


def routes(settings: FarmSettings, store: Store, storage: Storage) -> APIRouter:
    """The pages; they are no part of the API's document."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"/{PAGES}/{{job_id}}")
    async def page(job_id: str, request: Request, expires: str = "", signature: str = "") -> HTMLResponse:
        if not storage.allows(f"{PAGES}/{job_id}", "GET", expires, signature):
            raise ApiError(403, "link_expired", "This link has expired or was changed: open the page again.")
        job = store.job(job_id)
        if job is None:
            raise ApiError(404, "job_not_found", "This job is no longer on the farm.")
        view = Views(settings, store, storage, f"{request.url.scheme}://{request.url.netloc}")
        return HTMLResponse(_html(job, view), headers=_HEADERS)

    return router


def _html(job: JobRecord, view: Views) -> str:
    described = view.job(job)
    files = view.downloads(job)
    frames = files.all_outputs()
    name = escape(described.scene_file["fileName"])
    refresh = "" if job.status in OVER else f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{refresh}<title>{name} – {job.status}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{name}</h1>{_state(job, view)}{_problem(described)}{_pictures(frames)}{_links(frames, files)}"
        "</body></html>"
    )


def _state(job: JobRecord, view: Views) -> str:
    done, total = view.frames(job)
    told = f"{job.status}, {done} of {total} frames" if total else job.status
    return f'<p>{told}</p><progress max="{total or 1}" value="{done}"></progress>'


def _problem(described: Job) -> str:
    reason = described.failed_reason
    return f'<p class="problem">{escape(reason.name)}</p>' if reason else ""


def _pictures(frames: Sequence[FrameOutput]) -> str:
    shown = [one for one in frames if PurePath(one.relative_path or "").suffix.lower() in SHOWN_BY_BROWSERS]
    figures = (
        f'<figure><a href="{escape(one.url)}"><img loading="lazy" src="{escape(one.url)}" alt=""></a>'
        f"<figcaption>{escape(one.file_name or '')}</figcaption></figure>"
        for one in reversed(shown[-SHOWN_PICTURES:])
    )
    return f'<div class="frames">{"".join(figures)}</div>'


def _links(frames: Sequence[FrameOutput], files: Downloads) -> str:
    if not frames:
        return ""
    transforms = files.transforms
    whole = "".join(
        f'<p><a href="{escape(link)}">{text}</a></p>'
        for text, link in (
            ("All frames in one zip", transforms and transforms.frames_zip),
            ("All files of compositor nodes in one zip", transforms and transforms.composite_nodes_zip),
        )
        if link
    )
    items = (f'<li><a href="{escape(one.url)}">{escape(one.relative_path or "")}</a></li>' for one in frames)
    return f"<h2>Files</h2>{whole}<ul>{''.join(items)}</ul>"
