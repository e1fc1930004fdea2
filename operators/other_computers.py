"""Let Other Computers Help: this computer's farm accepts others while the switch is on, and invites them by codes."""

from __future__ import annotations

import json
import time

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Operator

from ..client.message import Message, msg
from ..courier.process import ask_server, launcher
from ..jobs.journal.submission import LOCAL
from ..scene import this_blender
from ..ui import other_computers
from ..ui import state as ui_state
from . import children, common


class FARMHAND_OT_invite_computer(common.Explained, common.Guarded, Operator):
    """Create a one-time code that lets one more computer help. The previous code is no longer shown"""

    bl_idname = "farmhand.invite_computer"
    bl_label = "Invite a Computer"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        view = other_computers.view()
        if not view.is_on or view.is_asked:
            return iface_("Turn on Let Other Computers Help first, and wait until it is ready")
        return ""

    def run(self, _context: Context) -> None:
        _ask("--invite")


def follow(context: Context) -> bool:
    """On each timer tick, tell the farm if the switch was changed. Returns whether what is shown has changed."""
    is_on = other_computers.is_wanted(context)
    if is_on != other_computers.view().is_on and not other_computers.view().is_asked:
        is_new = other_computers.switch(is_on)
        if is_new:
            ui_state.require().nodes.pop(LOCAL, None)
            _ask(*(["--invite"] if is_on else []))
    return other_computers.refresh()


def _ask(*words: str) -> None:
    """Restart the farm in a child process, because that takes seconds, and let it create a code."""
    command = launcher.python_command(
        "courier", "helpers", "--home", str(common.user_home().folder), *words, *this_blender.blender_command()
    )
    child = ask_server.start(command, "")
    other_computers.update(is_asked=True, problem="")
    children.when_ended(child, _take)


def _take(child: children.Child) -> None:
    try:
        told = json.loads(ask_server.said(child))
        problem, code = told.get("problem", ""), told.get("code", "")
    except (ValueError, AttributeError):
        problem, code = msg("Could not create a code.").encoded(), ""
    until = time.time() + other_computers.CODE_SECONDS
    other_computers.update(is_asked=False, problem=Message.decoded(problem), code=code, until=until)


CLASSES = (FARMHAND_OT_invite_computer,)
