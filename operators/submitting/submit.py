"""Render: checks, packs and passes the job to the courier. In a background Blender, it waits and prints progress."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty
from bpy.types import Context, Event, Operator

from ...client.errors import FarmhandError, LocalProblem
from ...client.message import translated
from ...courier.process import launcher
from ...courier.servers import local_farm
from ...jobs import submit as courier_submit
from ...jobs.journal.submission import State
from ...scene import this_blender
from ...scene.checks.findings import WARNING
from ...scene.dry_run import DryRun, dry_run
from ...scene.packing import package
from ...scene.request.request import SubmitRequest
from ...ui import news
from ...ui import state as ui_state
from ...ui.jobs import renders
from ...ui.request import checks, render_request, summary
from ...ui.request.check_result import Check
from ...ui.request.packing_queue import Packing
from ...ui.servers import servers
from .. import common, watch
from . import confirm_dialog, submit_background

_EXPLAINED = {
    "ANIMATION": "Render all frames on the selected server; they are saved as Blender would save them",
    "FRAME": "Render the current frame on the selected server",
    "TEST": "Render the first, middle and last frame; the rest follows with one click, without another upload",
}


class FARMHAND_OT_submit(common.Explained, common.Guarded, Operator):
    """Check and upload this scene, render it on the selected server, and download the frames"""

    bl_idname = "farmhand.submit"
    bl_label = "Render with Farmhand"

    what: EnumProperty(
        name="What",
        description="Which frames to render",
        items=(
            ("ANIMATION", "Animation", "All frames of the range"),
            ("FRAME", "Image", "Only the current frame"),
            ("TEST", "Test Frames", "First, middle and last frame, to check the result before the rest"),
        ),
        options={"SKIP_SAVE"},
    )
    existing: confirm_dialog.existing_property()
    checked: Check | None = None
    """The dry run of this click: the dialog shows it, and packing takes it over."""

    @classmethod
    def description(cls, _context: Context, properties: Operator) -> str:
        return iface_(_EXPLAINED[properties.what])

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return servers.why_not(context) or render_request.frames_problem(context.scene)

    def invoke(self, context: Context, _event: Event) -> set[str]:
        server = servers.scene_server(context)
        self.checked = checks.check(context, self.what)
        blockers = self.checked.sentences("error")
        if blockers:
            self.report({"ERROR"}, translated(blockers[0], rpt_))
            return {"CANCELLED"}
        warnings = self.checked.sentences("warning")
        if _must_ask(self.checked):
            self.existing = "skip" if self.checked.run.existing < len(self.checked.run.frames) else "replace"
        elif not warnings and not server.costs_money:
            return self.execute(context)
        return confirm_dialog.ask(context, self, server, is_risky=bool(warnings))

    def draw(self, context: Context) -> None:
        confirm_dialog.draw(self, context, self._question(context))

    def run(self, context: Context) -> None:
        request = render_request.build(context, self.what)
        run = checks.run_for(context, self.checked, request)
        if request.existing == "ask" and self.properties.is_property_set("existing"):
            request = replace(request, existing=self.existing)
        if bpy.app.background:
            over = submit_background.render(common.user_home(), *answered(request, run), servers.keys(context))
            if over.state is not State.DONE:
                raise LocalProblem(*submit_background.reason(over))
            self.report({"INFO"}, news.finished_sentence(over))
            return
        try:
            start(context, *answered(request, run))
        except NothingLeft as problem:  # the user chose to skip existing frames, so this is not an error
            self.report({"INFO"}, translated(problem.message, rpt_))

    def _question(self, context: Context) -> confirm_dialog.Question:
        line, server = summary.summary(context, self.what), servers.scene_server(context)
        found = checks.last_check(context)  # a fix in the dialog checks again
        if found is None or self.checked is None:
            return confirm_dialog.Question(server, line)
        taken = found.run.existing if _must_ask(found) else 0
        warnings = tuple(one for one in found.findings if one.severity == WARNING)
        return confirm_dialog.Question(server, line, warnings, len(found.run.frames), taken)


class NothingLeft(LocalProblem):
    """All frames exist, and existing ones are skipped."""


def answered(request: SubmitRequest, run: DryRun | None) -> tuple[SubmitRequest, DryRun | None]:
    """The request and its dry run after the choice for existing frames.

    run: of this same request, or None if it is still to be made. Raises NothingLeft.
    """
    if request.existing != "skip":
        return request, run and run.for_files(request.existing)
    found = run or dry_run(request, jobs=str(common.user_home().jobs))
    left = found.for_files("skip")
    if found.frames and not left.frames:
        raise NothingLeft(rpt_("All of these frames already exist."), rpt_("Nothing is left to render."))
    return replace(
        request,
        existing="replace",
        frames=render_request.frames_text(left.frames),
        part_of=_completed_render(request, found, left),
    ), left


def _completed_render(request: SubmitRequest, found: DryRun, left: DryRun) -> str:
    """ID of the render that the remaining frames complete, or ""."""
    session = ui_state.current()
    if session is None or found.output is None:
        return ""
    skipped = frozenset(found.frames) - frozenset(left.frames)
    known = (row.parts for row in session.snapshot.rows)
    return renders.completed(known, session.home, request.name, found.output, skipped)


def start(context: Context, request: SubmitRequest, checked: DryRun | None = None) -> None:
    """Start packing; the timer passes the finished package to the courier. checked: as for `package.start`."""
    home = common.user_home()
    session = ui_state.require()
    keys = servers.keys(context)

    def hand_over(packing: Packing) -> None:
        if packing.problem:
            session.refuse(packing.problem)
            return
        try:
            courier_submit.enqueue(home, packing.folder)
            launcher.ensure_courier(home, keys)
        except FarmhandError as error:
            session.refuse(error)

    session.pack(request.name, package.start(request, home.jobs, checked), hand_over)
    watch.hasten(context)
    # Both take a second to start, so they start while the package is made.
    launcher.ensure_courier(home, keys)
    command = this_blender.blender_command()
    local_farm.warm_up(home, request.server_url, command, allow_add_ons=request.runs_scripts)


def _must_ask(checked: Check) -> bool:
    return bool(checked.run.existing) and checked.request.existing == "ask"


CLASSES = (FARMHAND_OT_submit,)
