"""Jobs of a server, submitted here or elsewhere: list them, download their frames, cancel one.

Each query runs in a child process, so that Blender never waits for the network.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator, Scene

from ...client.errors import FarmhandError, LocalProblem, Unauthorized
from ...client.message import translated
from ...courier.process import ask_server
from ...jobs import server_jobs, settings, submit
from ...jobs.server_jobs import ServerJob
from ...ui import properties
from ...ui import state as ui_state
from ...ui.jobs import job_list
from ...ui.servers import server_list, servers
from ...ui.servers.servers import Server
from ...ui.session import ConnectionStatus, Session
from .. import children, common, watch

SHORT_ID = 8
"""Letters of a job's id that tell its folder from others."""


class FARMHAND_OT_list_server_jobs(common.Explained, common.Guarded, Operator):
    """List all jobs of the server, including jobs submitted elsewhere"""

    bl_idname = "farmhand.list_server_jobs"
    bl_label = "List Jobs"

    more: BoolProperty(name="Next Page", description="Show the next page", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def reason_against(cls, context: Context) -> str:
        reason = why_not(context)
        if not reason and server_list.listing(context).is_asking:
            reason = iface_("Waiting for the server's response")
        return reason

    def run(self, context: Context) -> None:
        session, server = ui_state.require(), servers.scene_server(context)
        page = server_list.listing(context).next_page if self.more else 1
        if page < 1:
            raise LocalProblem(rpt_("There are no more jobs."))
        status = server_list.wanted_status(context)
        asked = session.keys_since
        child = _ask(session, server, "jobs", status, str(page), "1")
        session.server_listing = session.server_listing.asking(server.url, status, page)
        children.when_ended(child, lambda ended: _take_page(session, server.url, page, asked, ended))
        text = (
            rpt_("Loading jobs from {server}…") if session.server_listing.is_asking else rpt_("{server}: {count} jobs")
        )
        self.report({"INFO"}, text.format(server=servers.host_name(server.url), count=session.server_listing.total))


def _take_page(session: Session, url: str, page: int, asked: float, child: children.Child) -> None:
    listing = session.server_listing
    if listing.url != url:  # another server was queried meanwhile
        return
    try:
        told = ask_server.answer(child)
        session.server_listing = listing.answered(told, page)
        if told.get("nodes") and asked == session.keys_since:
            session.nodes[url] = session.nodes_at(url).answered(told["nodes"])
        session.note_answer(url, ConnectionStatus(True), asked)
    except FarmhandError as error:
        session.server_listing = listing.failed(error.message)
        _note_refusal(session, url, error, asked)
        if bpy.app.background:
            raise
    server_list.follow(bpy.context, session)


class _OnServerJob(common.Explained, common.Guarded):
    """Acts on the given job of the scene's server, or on the selected one."""

    job: StringProperty(name="Job", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def reason_against(cls, context: Context) -> str:
        one = server_list.selected_job(context)
        return why_not(context) or (cls.reason(context, one) if one else iface_("Select a job on the server"))

    @classmethod
    def reason(cls, _context: Context, _one: ServerJob) -> str:
        """Why this action is not possible for the job, or ""."""
        return ""

    def found(self, context: Context) -> ServerJob:
        """The job that the operator acts on. Raises LocalProblem."""
        jobs = server_list.listing(context).jobs
        one = next((each for each in jobs if each.id == self.job), None) if self.job else None
        one = one or (None if self.job else server_list.selected_job(context))
        if one is None:
            raise LocalProblem(rpt_("The job is no longer in the list"))
        if reason := self.reason(context, one):
            raise LocalProblem(reason)
        return one


class FARMHAND_OT_download_server_job(_OnServerJob, Operator):
    """Add the job to Jobs and download its frames, including those still to be rendered"""

    bl_idname = "farmhand.download_server_job"
    bl_label = "Download Frames"

    folder: StringProperty(
        name="Folder", description="Folder for the job's frames", subtype="DIR_PATH", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason(cls, context: Context, one: ServerJob) -> str:
        if one.id in server_list.listing(context).known:
            return iface_("The job is already in Jobs")
        return iface_("The server no longer has the job's files") if one.is_deleted else ""

    def invoke(self, context: Context, _event: Event) -> set[str]:
        one = self.found(context)
        self.job, self.folder = one.id, str(_folder(context, one))
        title = iface_("Download frames of “{name}”").format(name=one.title)
        return context.window_manager.invoke_props_dialog(self, width=420, title=title, confirm_text=iface_("Download"))

    def run(self, context: Context) -> None:
        one, server = self.found(context), servers.scene_server(context)
        folder = Path(bpy.path.abspath(self.folder)) if self.folder else _folder(context, one)
        made = submit.bring_job(
            common.user_home(), server.url, one.id, folder.absolute(), name=one.title, total=one.frame_count
        )
        common.wake_courier(context)
        session = ui_state.require()
        session.tick(properties.selected_id(context))
        job_list.select(context, session, made.id)
        watch.hasten(context)
        text = (
            rpt_("Downloading {name} to {folder}") if one.is_over else rpt_("Following {name}; frames go to {folder}")
        )
        self.report({"INFO"}, text.format(name=one.title, folder=folder))


def _folder(context: Context, one: ServerJob) -> Path:
    """Next to the scene's own frames, a folder for each job, because names such as 0001.png are common."""
    name = bpy.path.clean_name(f"{one.name or 'job'}_{one.id[:SHORT_ID]}")  # a server's text must stay a single name
    return _frames_folder(context.scene) / name


def _frames_folder(scene: Scene) -> Path:
    """Where Blender would write the scene's frames; the user's own folder if it has no path yet."""
    is_of_no_file = scene.render.filepath.startswith("//") and not bpy.data.filepath
    try:
        folder = Path.home() if is_of_no_file else Path(scene.render.frame_path()).parent
    except RuntimeError:  # variables that Blender cannot fill in
        return Path.home()
    return folder if folder.is_absolute() else Path.home()


class FARMHAND_OT_cancel_server_job(_OnServerJob, Operator):
    """Stop the job on its server; frames already rendered stay there"""

    bl_idname = "farmhand.cancel_server_job"
    bl_label = "Cancel Job on Server"

    @classmethod
    def reason(cls, _context: Context, one: ServerJob) -> str:
        return iface_("Select a job that is still running") if one.is_over else ""

    def invoke(self, context: Context, event: Event) -> set[str]:
        one = self.found(context)
        self.job = one.id
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=iface_("Stop job “{name}”?").format(name=one.title),
            message=iface_("Someone else may be waiting for it."),
            confirm_text=iface_("Stop Job"),
        )

    def run(self, context: Context) -> None:
        one, server, session = self.found(context), servers.scene_server(context), ui_state.require()
        asked = session.keys_since
        child = _ask(session, server, "cancel", one.id)
        children.when_ended(child, lambda ended: _take_canceled(session, server.url, one, asked, ended))
        self.report({"INFO"}, rpt_("Canceling {name}").format(name=one.title))


def _take_canceled(session: Session, url: str, one: ServerJob, asked: float, child: children.Child) -> None:
    try:
        now = server_jobs.read(ask_server.answer(child)["job"])
    except FarmhandError as error:
        _note_refusal(session, url, error, asked)
        if bpy.app.background:
            raise
        session.reports.notes.append(("ERROR", f"{one.title}: {translated(error.what, rpt_)}"))
        return
    if session.server_listing.url == url:
        session.server_listing = session.server_listing.with_job(now)
    session.reports.notes.append(("INFO", rpt_("{name} was canceled").format(name=one.title)))


class FARMHAND_OT_show_server_job(_OnServerJob, Operator):
    """Select the job in Jobs above, where all its actions are"""

    bl_idname = "farmhand.show_server_job"
    bl_label = "Show in Jobs"

    @classmethod
    def reason(cls, context: Context, one: ServerJob) -> str:
        return "" if one.id in server_list.listing(context).known else iface_("Download its frames first")

    def run(self, context: Context) -> None:
        one = self.found(context)
        job_list.select(context, ui_state.require(), server_list.listing(context).known[one.id])
        self.report({"INFO"}, rpt_("Selected {name} in Jobs").format(name=one.title))


def why_not(context: Context) -> str:
    """Why the scene's server cannot list its jobs, or ""."""
    if servers.scene_server(context).is_local:
        return iface_("All jobs of This Computer are already in Jobs")
    return servers.why_not(context)


def _ask(session: Session, server: Server, *words: str) -> children.Child:
    return ask_server.ask(server.url, server.key, settings.read(session.home).ca_file, *words)


def _note_refusal(session: Session, url: str, error: FarmhandError, asked: float) -> None:
    """Record a refusal, so that the mark beside the server is not green. asked: as for `Session.note_answer`."""
    if isinstance(error, Unauthorized):
        session.note_answer(url, ConnectionStatus(False, error.what, is_refused=True), asked)


CLASSES = (
    FARMHAND_OT_list_server_jobs,
    FARMHAND_OT_download_server_job,
    FARMHAND_OT_cancel_server_job,
    FARMHAND_OT_show_server_job,
)
