# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes: the computers that render for the scene's server, where that is a farm with nodes."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...client.message import translated
from ...jobs.farm_nodes import FarmNode
from ...jobs.journal.submission import Submission
from ...ui import state as ui_state
from ...ui.servers.server_list import nodes_listing as listing
from ...ui.text import draw_sentence
from ..buttons import draw_button
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
            layout.label(text="No node is connected")
        for node in found.found.nodes:
            _draw_node(layout.box(), context, node, can_change=found.found.can_change)


def _draw_node(layout: UILayout, context: Context, node: FarmNode, *, can_change: bool) -> None:
    icon, word = _STATES.get(node.state, ("QUESTION", node.state))
    row = layout.row(align=True)
    row.label(text=f"{node.name}: {iface_(word)}", icon=icon, translate=False)
    if can_change:
        text = iface_("Stop Using") if node.is_used else iface_("Use Again")
        button = row.operator("farmhand.use_node", text=text, translate=False)
        button.node, button.is_used = node.id, not node.is_used
    column = layout.column(align=True)
    column.active = False
    facts = (node.system, f"Blender {node.blender}", ", ".join(node.devices) or "CPU")
    for parts in (facts, _work(node)):
        draw_sentence(column, context, " · ".join(part for part in parts if part), "BLANK1")
    if node.reason:
        draw_sentence(column, context, node.reason, "BLANK1")


def draw_job_nodes(layout: UILayout, context: Context, one: Submission) -> None:
    """Which node rendered which frames of a job, where its server renders on nodes."""
    session = ui_state.current()
    if session is None or not one.job_id:
        return
    found = session.nodes_at(one.server_url)
    if not found.found.has_nodes:
        return
    column = layout.column(align=True)
    row = column.row(align=True)
    row.label(text="Nodes", icon="NETWORK_DRIVE")
    is_shown = found.job.job_id == one.job_id
    text = iface_("Refresh") if is_shown else iface_("Show Nodes")
    row.operator("farmhand.job_nodes", text=text, translate=False)
    if found.problem:
        draw_sentence(column, context, translated(found.problem, iface_), "ERROR")
    if not is_shown:
        return
    for name, device, frames in found.job.nodes:
        where = f"{name} ({device})" if device else name
        draw_sentence(column, context, f"{where}: {frames}", "BLANK1")
    if not found.job.nodes:
        column.label(text="No frames rendered yet", icon="BLANK1")
    icon = "CHECKBOX_HLT" if found.job.same_device else "CHECKBOX_DEHLT"
    row = column.row()
    row.alignment = "LEFT"
    row.enabled = not one.is_over
    button = row.operator("farmhand.job_nodes", text="Same Kind of Device", icon=icon, emboss=False)
    button.word = "any-device" if found.job.same_device else "same-device"


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
