"""Help Render: this computer renders for a farm. A child process does it; Blender only watches."""

from __future__ import annotations

import json

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Operator

from ..client.errors import LocalProblem
from ..courier.process import launcher
from ..jobs import help_files
from ..jobs.help_files import Leave
from ..scene import this_blender
from ..ui import helping
from ..ui import other_computers as computers_view
from ..ui import state as ui_state
from . import common, farm_nodes, other_computers, watch

TICK_SECONDS = 0.5


class FARMHAND_OT_help_start(common.Explained, common.Guarded, Operator):
    """Render for the farm on this computer. Blender first renders a small test image in the background"""

    bl_idname = "farmhand.help_start"
    bl_label = "Start Helping"

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return _why_not(context)

    def run(self, context: Context) -> None:
        if reason := helping.no_network():
            raise LocalProblem(reason)
        told = {}
        if not helping.view().farm:
            typed = context.window_manager.farmhand_help
            told = {"address": typed.address.strip(), "code": typed.code.strip()}
            typed.code = ""
        folder = helping.data()
        helping.begin()
        command = launcher.python_command(
            "farm", "help", "--data", str(folder), "--blender", *this_blender.blender_command()
        )
        launcher.start_detached(command, folder / "help.err", json.dumps(told) + "\n")


def _why_not(context: Context) -> str:
    """Why this computer cannot start to help, or ""."""
    if not helping.has_libraries(context):
        return iface_("The extension Farmhand Node is not enabled")
    if helping.view().lives:
        return iface_("This computer is already helping")
    typed = context.window_manager.farmhand_help
    if not helping.view().farm and not (typed.address.strip() and typed.code.strip()):
        return iface_("Enter the address and the code that the farm's computer shows")
    return ""


class _Helping(common.Explained, common.Guarded):
    """An operator for a computer that helps."""

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        return "" if helping.view().lives else iface_("This computer is not helping a farm")


class FARMHAND_OT_help_pause(_Helping, Operator):
    """Stop or resume taking new frames. Frames in progress are finished"""

    bl_idname = "farmhand.help_pause"
    bl_label = "Pause or Resume Helping"

    def run(self, _context: Context) -> None:
        helping.change(is_paused=not helping.view().settings.is_paused)


class FARMHAND_OT_help_leave(_Helping, Operator):
    """Stop helping once the current frames are finished. Press again to stop at once and leave them to others"""

    bl_idname = "farmhand.help_leave"
    bl_label = "Leave"

    def run(self, _context: Context) -> None:
        is_leaving = helping.view().settings.leave is not Leave.NO
        helping.change(leave=Leave.NOW if is_leaving else Leave.FINISHED)


class FARMHAND_OT_help_forget(common.Explained, common.Guarded, Operator):
    """Delete this computer's key for the farm. A new code is needed to help it again"""

    bl_idname = "farmhand.help_forget"
    bl_label = "Forget This Farm"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        is_possible = bool(helping.view().farm) and not helping.view().lives
        return "" if is_possible else iface_("Leave the farm first")

    def run(self, _context: Context) -> None:
        help_files.forget_farm(helping.data())
        helping.refresh()


def tick() -> float | None:
    """One timer tick. Returns the seconds until the next, or None if Farmhand was disabled."""
    current = ui_state.current()
    if current is None:
        return None
    try:
        is_changed = other_computers.follow(bpy.context)
        farm_nodes.ask_unasked(bpy.context, current)
        if helping.refresh() or is_changed:
            watch.redraw(bpy.context)
        if helping.view().lives and not helping.has_libraries(bpy.context):
            helping.change(leave=Leave.NOW)  # its libraries are gone
    except Exception as error:  # a timer that raises is never called again
        current.refuse(common.in_words(error))
    return TICK_SECONDS


def add() -> None:
    """Start the timer."""
    helping.add()
    helping.refresh()
    computers_view.forget()
    bpy.app.timers.register(tick, first_interval=TICK_SECONDS, persistent=True)


def remove(*, leaves: bool) -> None:
    """Stop the timer. leaves: the program that renders for a farm ends too."""
    if leaves and helping.view().lives:
        helping.change(leave=Leave.NOW)
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    helping.remove()


CLASSES = (
    *helping.CLASSES,
    FARMHAND_OT_help_start,
    FARMHAND_OT_help_pause,
    FARMHAND_OT_help_leave,
    FARMHAND_OT_help_forget,
)
