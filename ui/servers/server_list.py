"""The lines of the list of a server's own jobs, which one is selected, and the filter."""

from __future__ import annotations

import bpy
from bpy.props import CollectionProperty, EnumProperty, IntProperty, PointerProperty
from bpy.types import Context, PropertyGroup

from ...jobs.server_jobs import ServerJob
from .. import state as ui_state
from ..session import Session
from . import servers
from .node_listing import NodeListing
from .server_listing import ServerListing, ids

STATUS_ITEMS = (
    ("ALL", "All", "Jobs with any status"),
    ("rendering", "Rendering", "Jobs that are rendering"),
    ("completed", "Done", "Jobs that have all their frames"),
    ("failed", "Failed", "Jobs that failed"),
    ("canceled", "Canceled", "Jobs that were canceled"),
    ("validated", "Not Started", "Jobs whose file was checked but not rendered"),
)


class FarmhandServerJobItem(PropertyGroup):
    """One line: only the job's id, as its name"""


class FarmhandServerList(PropertyGroup):
    """Which of a server's jobs are asked for, and which one is selected"""

    jobs: CollectionProperty(type=FarmhandServerJobItem)
    active: IntProperty(name="Job on the Server", description="Selected job", options={"SKIP_SAVE"})
    status: EnumProperty(
        name="Show", description="Which jobs of the server to list", items=STATUS_ITEMS, options={"SKIP_SAVE"}
    )


def wanted_status(context: Context) -> str:
    """The server's word to filter by, or "" for every job."""
    status: str = context.window_manager.farmhand_server.status
    return "" if status == "ALL" else status


def listing(context: Context) -> ServerListing:
    """The listing of the scene's server; those of other servers are not shown."""
    session = ui_state.current()
    url = servers.scene_server(context).url
    if session is None or session.server_listing.url != url:
        return ServerListing(url=url)
    return session.server_listing


def nodes_listing(context: Context) -> NodeListing:
    """The computers that render for the scene's server."""
    session = ui_state.current()
    return session.nodes_at(servers.scene_server(context).url) if session else NodeListing()


def selected_job(context: Context) -> ServerJob | None:
    """The selected job of the scene's server."""
    jobs, active = listing(context).jobs, context.window_manager.farmhand_server.active
    return jobs[active] if 0 <= active < len(jobs) else None


def follow(context: Context, session: Session) -> None:
    """Update the lines from the listing; the selection stays on its job."""
    if not session.server_listing.url:
        return
    session.server_listing = session.server_listing.marked(session.snapshot)
    lines = context.window_manager.farmhand_server
    wanted, shown = ids(session.server_listing.jobs), [item.name for item in lines.jobs]
    if wanted == shown:
        return
    selected = shown[lines.active] if 0 <= lines.active < len(shown) else ""
    lines.jobs.clear()
    for name in wanted:
        lines.jobs.add().name = name
    lines.active = wanted.index(selected) if selected in wanted else 0


def add() -> None:
    """Add the list to Blender's window manager."""
    bpy.types.WindowManager.farmhand_server = PointerProperty(type=FarmhandServerList)


def remove() -> None:
    """Remove it again."""
    del bpy.types.WindowManager.farmhand_server


CLASSES = (FarmhandServerJobItem, FarmhandServerList)
