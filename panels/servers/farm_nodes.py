"""Nodes: the computers that render for the scene's server, if that is a farm with nodes."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...client.message import translated
from ...jobs.farm_nodes import FarmNode
from ...jobs.journal.submission import Submission
from ...ui import state as ui_state
from ...ui.servers.server_list import nodes_listing as listing
from ...ui.text import draw_broken, draw_sentence, text_width
from ..buttons import BOX, ICON, WITH_ICON, are_beside, button_room, draw_button, draw_label, line_width
from ..sub_panel import SubPanel

_STATES = {
    "ready": ("CHECKMARK", "Ready"),
    "silent": ("ERROR", "Silent"),
    "short": ("ERROR", "Low on Disk Space or Memory"),
    "leaving": ("EXPORT", "Leaving"),
    "stopped": ("CANCEL", "Stopped"),
    "set_aside": ("ERROR", "Set Aside"),
}


class FARMHAND_PT_nodes(SubPanel, Panel):
    title = "Nodes"

    @classmethod
    def poll(cls, context: Context) -> bool:
        return listing(context).found.has_nodes

    def state(self, context: Context) -> tuple[str, str]:
        nodes = listing(context).found.nodes
        if not nodes:
            return "NONE", ""
        ready = sum(each.state == "ready" for each in nodes)
        return "NONE", iface_("{ready} of {count} ready").format(ready=ready, count=len(nodes))

    def draw(self, context: Context) -> None:
        layout, found = self.layout, listing(context)
        draw_button(layout, context, "farmhand.list_nodes", "FILE_REFRESH", iface_("Refresh"))
        if found.problem:
            draw_sentence(layout, context, translated(found.problem, iface_), "ERROR")
        if not found.found.nodes:
            draw_sentence(layout, context, iface_("No node is connected"))
        for node in found.found.nodes:
            _draw_node(layout.box(), context, node, can_change=found.found.can_change)


def _draw_node(layout: UILayout, context: Context, node: FarmNode, *, can_change: bool) -> None:
    icon, word = _STATES.get(node.state, ("QUESTION", node.state))
    title, text = f"{node.name}: {iface_(word)}", iface_("Stop Using") if node.is_used else iface_("Use Again")
    row, inside = _titled(layout, context, title, icon, text if can_change else "", BOX)
    if can_change:
        button = draw_button(row, context, "farmhand.use_node", "NONE", text, inside)
        button.node, button.is_used = node.id, not node.is_used
    column = layout.column(align=True)
    column.active = False
    facts = (node.system, f"Blender {node.blender}", ", ".join(node.devices) or "CPU")
    for parts in (facts, _work(node)):
        draw_sentence(column, context, " · ".join(part for part in parts if part), "BLANK1")
    if node.reason:
        draw_sentence(column, context, node.reason, "BLANK1")


def draw_job_nodes(layout: UILayout, context: Context, one: Submission) -> None:
    """Which node rendered which frames of a job, if its server renders on nodes."""
    session = ui_state.current()
    if session is None or not one.job_id:
        return
    found = session.nodes_at(one.server_url)
    if not found.found.has_nodes:
        return
    column = layout.column(align=True)
    is_shown = found.job.job_id == one.job_id
    text = iface_("Refresh") if is_shown else iface_("Show Nodes")
    row, inside = _titled(column, context, iface_("Nodes"), "NETWORK_DRIVE", text)
    draw_button(row, context, "farmhand.job_nodes", "NONE", text, inside)
    if found.problem:
        draw_sentence(column, context, translated(found.problem, iface_), "ERROR")
    if not is_shown:
        return
    for name, device, frames in found.job.nodes:
        where = f"{name} ({device})" if device else name
        draw_sentence(column, context, f"{where}: {frames}", "BLANK1")
    if not found.job.nodes:
        draw_sentence(column, context, iface_("No frames rendered yet"), "BLANK1")
    icon = "CHECKBOX_HLT" if found.job.same_device else "CHECKBOX_DEHLT"
    row, text = column.row(align=True), iface_("Same Kind of Device")
    row.enabled = not one.is_over
    row.alignment = "LEFT"
    room = button_room(context, ICON)
    has_room = text_width(context, text) <= room
    shown = text if has_room else ""
    button = row.operator("farmhand.job_nodes", text=shown, icon=icon, emboss=False, translate=False)
    button.word = "any-device" if found.job.same_device else "same-device"
    if not has_room:
        draw_broken(row, context, text, room)


def _titled(
    layout: UILayout, context: Context, title: str, icon: str, button: str, inside: float = 0
) -> tuple[UILayout, float]:
    """Draw the title. Returns the layout for its button, beside it or below, and its `inside`."""
    line = line_width(context) - inside
    if button and are_beside(context, line, title, button, around=WITH_ICON):
        row = layout.row(align=True)
        row.label(text=title, icon=icon, translate=False)
        return row, inside + line / 2
    draw_label(layout, context, title, icon, inside)
    return layout, inside


def _work(node: FarmNode) -> tuple[str, ...]:
    frames = ", ".join(map(str, node.frames))
    seconds = "" if node.frame_seconds is None else f"{node.frame_seconds:.1f}"
    pace = iface_("{seconds} s per frame").format(seconds=seconds) if seconds else ""
    done = iface_("1 frame done") if node.frames_done == 1 else iface_("{count} frames done")
    return (
        iface_("frames {frames}").format(frames=frames) if frames else "",
        iface_("{busy} of {slots} slots busy").format(busy=node.busy, slots=node.slots),
        done.format(count=node.frames_done),
        pace,
    )


CLASSES = (FARMHAND_PT_nodes,)
