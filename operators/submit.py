# SPDX-License-Identifier: GPL-3.0-or-later
"""Render in Cloud: check, pack and hand over to the courier.  In a background Blender it waits and prints progress."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty
from bpy.types import Context, Event, Operator

from ..client.errors import FarmhandError, LocalProblem
from ..courier.process import launcher
from ..courier.servers import local_farm
from ..jobs import submit as courier_submit
from ..jobs.submission import State
from ..scene import this_blender
from ..scene.dry_run import DryRun
from ..scene.packing import package
from ..scene.request.request import SubmitRequest
from ..ui import checks, render_request, servers
from ..ui import state as ui_state
from ..ui.check_result import Check
from . import common, confirm_dialog, submit_background, watch

_EXPLAINED = {
    "ANIMATION": "Check, pack and send this scene, render its frames there, and bring them back",
    "FRAME": "Render the current frame there, and bring it back",
    "SCOUT": "Render the first, middle and last frame; the rest follows with one click, without another upload",
}


class FARMHAND_OT_submit(common.Guarded, Operator):
    """Check, pack and send this scene, render it there, and bring its frames back"""

    bl_idname = "farmhand.submit"
    bl_label = "Render in Cloud"

    what: EnumProperty(
        name="What",
        description="Which frames to render",
        items=(
            ("ANIMATION", "Animation", "All frames of the range"),
            ("FRAME", "Frame", "The current frame alone"),
            ("SCOUT", "Scout", "First, middle and last frame, to see whether all is well before the rest"),
        ),
        options={"SKIP_SAVE"},
    )
    existing: confirm_dialog.existing_property()

    @classmethod
    def description(cls, _context: Context, properties: Operator) -> str:
        return iface_(_EXPLAINED[properties.what])

    @classmethod
    def poll(cls, context: Context) -> bool:
        reason = servers.why_not(context) or render_request.problem(context.scene)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: Context, _event: Event) -> set[str]:
        server = render_request.server(context)
        checked = checks.check(context, self.what)
        blockers = checked.sentences("error")
        if blockers:
            self.report({"ERROR"}, blockers[0])
            return {"CANCELLED"}
        if _must_ask(context, checked):
            self.existing = "replace"  # whoever confirms the dialog as it stands has chosen this
        elif not checked.sentences("warning") and not server.costs_money:
            return self.execute(context)
        return confirm_dialog.ask(context, self, server)

    def draw(self, context: Context) -> None:
        checked = checks.last(context)
        warnings = checked.sentences("warning") if checked else ()
        taken = checked.existing if checked and _must_ask(context, checked) else 0
        line = render_request.summary(context, self.what)
        confirm_dialog.draw(self, context, render_request.server(context), line, warnings, taken)

    def run(self, context: Context) -> None:
        request = render_request.build(context, self.what)
        if request.existing == "ask" and self.properties.is_property_set("existing"):
            request = replace(request, existing=self.existing)
        if bpy.app.background:
            over = submit_background.render(common.user_home(), request, servers.keys(context))
            if over.state is not State.DONE:
                raise LocalProblem(str(over.problem or rpt_("The render was canceled.")))
            self.report({"INFO"}, watch.finished_sentence(over))
        else:
            start(context, request)


def start(context: Context, request: SubmitRequest, checked: DryRun | None = None) -> None:
    """Begin to pack; the timer hands the finished package to the courier.  checked: as for `package.start`."""
    home = common.user_home()
    holder = ui_state.holder()
    keys = servers.keys(context)

    def hand_over(packing: ui_state.Packing) -> None:
        if packing.problem:
            holder.refuse(packing.problem)
            return
        try:
            courier_submit.enqueue(home, packing.folder)
            launcher.ensure_courier(home, keys)
        except FarmhandError as error:
            holder.refuse(error)

    holder.pack(request.name, package.start(request, home.jobs, checked), hand_over)
    watch.hasten(context)
    # Both take a second to start, which they spend while the package is made.
    launcher.ensure_courier(home, keys)
    local_farm.warm_up(home, request.server_url, this_blender.blender_command())


def _must_ask(context: Context, checked: Check) -> bool:
    return bool(checked.existing) and context.scene.farmhand.existing == "ask"


CLASSES = (FARMHAND_OT_submit,)
