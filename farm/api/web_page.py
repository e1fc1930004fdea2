"""Loads the web page, which needs Jinja2 and is not in the extension: Blender shows the jobs of *This Computer*."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from ..parts import FarmParts

WITHOUT_IT = "This is a Farmhand farm. For its web page, install Jinja2 where the farm runs: pip install jinja2\n"


def routes(farm: FarmParts) -> APIRouter:
    """The page's routes; if it is not installed, a route that says how to get it."""
    try:
        from ..web import page_routes
        from ..web.site import Site
    except ImportError:
        return _without_it()
    return page_routes.routes(Site(farm), farm.scheduler)


def _without_it() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def explain() -> PlainTextResponse:
        return PlainTextResponse(WITHOUT_IT)

    return router
