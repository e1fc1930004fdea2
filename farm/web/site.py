"""What every route of the web page needs: the farm's state, who is signed in, the templates."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...jobs.folder import hidden_characters
from ..errors import ApiError
from ..parts import FarmParts
from ..state.keys import Caller
from ..state.records import JobRecord
from .sessions import Sessions

COOKIE = "farmhand_session"
TEMPLATES = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{pictures}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Referrer-Policy": "same-origin",  # with “no-referrer”, browsers would not say which page a form is on
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_TITLES = {403: "Refused", 404: "Not Found"}


class SignedOut(Exception):
    """This browser is not signed in, or no longer."""


class Site:
    """What the page's routes share."""

    def __init__(self, farm: FarmParts) -> None:
        self.settings, self.store, self.disk, self.views = farm.settings, farm.store, farm.disk, farm.views
        self.keep_for_links = farm.keep_for_links
        self.sessions = Sessions(farm.find_caller)
        self._storage, self._workspaces = farm.storage, farm.workspaces
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=_printable,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, name: str, *, caller: Caller | None, code: int = 200, **values: Any) -> HTMLResponse:
        """A page, or the changing part of one.

        Args:
            name: of the template, without its extension.
            caller: who is signed in, None for nobody.
            code: the HTTP status.
            values: what the template shows; all of it is escaped.
        """
        workspace = self._workspaces.get(caller.workspace_id).name if caller else ""
        text = self._templates.get_template(f"{name}.html").render(caller=caller, workspace=workspace, **values)
        policy = _POLICY.format(pictures=self._storage.picture_source)
        return HTMLResponse(text, code, headers={**_HEADERS, "Content-Security-Policy": policy})

    def caller(self, request: Request) -> Caller:
        """Who is signed in. Raises SignedOut."""
        caller = self.sessions.caller(request.cookies.get(COOKIE, ""))
        if caller is None:
            raise SignedOut
        return caller

    def job(self, request: Request, job_id: str) -> JobRecord:
        """A job that the caller may see; an administrator sees all. Raises SignedOut, ApiError (404)."""
        caller, job = self.caller(request), self.store.job(job_id)
        if job is None or not caller.reaches(job.workspace_id):
            raise ApiError(404, "job_not_found", "There is no such job on this farm.")
        return job

    def workspace_names(self) -> dict[str, str]:
        """Workspace names by ID; empty if there is only one, which needs no name."""
        known = {each.id: each.name for each in self._workspaces.all()}
        return known if len(known) > 1 else {}

    def kept_bytes(self, workspace_id: str) -> int:
        """Bytes of the uploads and frames of a workspace."""
        return self._workspaces.usage(workspace_id).bytes

    def route_class(self) -> type[APIRoute]:
        """A class for routes whose errors are pages."""
        site = self

        class PageRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handle = super().get_route_handler()

                async def page(request: Request) -> Response:
                    try:
                        return await handle(request)
                    except SignedOut:
                        if request.method == "GET" and "x-part" not in request.headers:
                            return RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
                        return site.problem(ApiError(401, "signed_out", "You are signed out. Sign in again."))
                    except ApiError as error:
                        return site.problem(error)

                return page

        return PageRoute

    def problem(self, error: ApiError) -> HTMLResponse:
        """An error as a page."""
        title = _TITLES.get(error.status, "That did not work")
        return self.page("problem", code=error.status, title=title, text=error.message, back="/", caller=None)


def _printable(value: Any) -> Any:
    """Make control characters in untrusted names and logs visible and harmless."""
    if type(value) is not str:  # a number, or markup from a template
        return value
    return hidden_characters.replaced(value, "\N{REPLACEMENT CHARACTER}", kept="\n\t")
