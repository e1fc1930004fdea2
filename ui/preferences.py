"""Account, servers and defaults. The only place where a key is stored; the environment always takes precedence."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy.types import AddonPreferences, Context, UILayout

from ..courier.process import launcher
from ..jobs import settings
from ..jobs import user_folder as homes
from . import state as ui_state
from .guard import NoTraceback, in_words
from .jobs.job_row import needs_key
from .servers.kinds import KINDS, ServerKind, kind_of
from .servers.servers import ROOT_PACKAGE, host_name, keys, preferences_of, server

FIRST_LIMIT = 10.0
"""Megabytes per second that a limit begins with."""


def _is_limited(self: FarmhandPreferences) -> bool:
    return self.download_limit > 0


def _limit(self: FarmhandPreferences, value: bool) -> None:
    self.download_limit = FIRST_LIMIT if value else 0.0


def _save_settings(self: FarmhandPreferences, _context: Context) -> None:
    """Save these to a file for the courier, which continues while Blender is closed."""
    try:
        home = user_home()
        limit = int(self.download_limit * 1_000_000)
        wanted = replace(settings.read(home), bytes_per_second=limit, ca_file=self.ca_file)
        settings.write(home, wanted)
    except Exception as error:  # a change of a property has nobody to report to
        current = ui_state.current()
        if current is not None:
            current.refuse(in_words(error))


def _take_certificates(self: FarmhandPreferences, context: Context) -> None:
    """Make the path absolute: it applies to every file, so it must not depend on the open one."""
    whole = bpy.path.abspath(self.ca_file)
    if whole != self.ca_file:
        self.ca_file = whole  # calls this again
    else:
        _save_settings(self, context)


def _forget_answers(_self: FarmhandPreferences, _context: Context) -> None:
    """Forget a server's answers for another key or address, and continue jobs that wait for a key."""
    session = ui_state.current()
    if session is None:
        return
    session.forget_answers()
    if not any(needs_key(row.current) for row in session.snapshot.waiting):
        return
    try:
        launcher.ensure_courier(session.home, keys(bpy.context))
    except Exception as error:  # a change of a property has nobody to report to
        session.refuse(in_words(error))


class FarmhandPreferences(NoTraceback, AddonPreferences):
    """Where jobs go, and with which key"""

    bl_idname = ROOT_PACKAGE

    renderjuice_key: StringProperty(
        name="API Key",
        description="Your Renderjuice API key. It is stored with Blender's preferences, never in a .blend",
        subtype="PASSWORD",
        update=_forget_answers,
    )
    custom_url: StringProperty(
        name="Server Address",
        description="Address of the server, for example http://studio-server:8000",
        update=_forget_answers,
    )
    custom_key: StringProperty(
        name="API Key",
        description="API key of the server. It is stored with Blender's preferences, never in a .blend",
        subtype="PASSWORD",
        update=_forget_answers,
    )

    is_limited: BoolProperty(
        name="Limit Downloads",
        description="Limit the bandwidth that frame downloads use",
        get=_is_limited,
        set=_limit,
    )
    download_limit: FloatProperty(
        name="Download Limit (MB/s)",
        description="Maximum download speed for frames, in MB/s (0 = unlimited)",
        min=0.0,
        soft_max=100.0,
        precision=1,
        update=_save_settings,
    )
    ca_file: StringProperty(
        name="Custom Certificates",
        description=(
            "CA certificate file (PEM) for networks that inspect TLS traffic. "
            "Leave empty to use the system's certificates"
        ),
        subtype="FILE_PATH",
        update=_take_certificates,
    )

    lets_others_help: BoolProperty(
        name="Let Other Computers Help",
        description=(
            "Let computers that you invite render frames of This Computer's jobs. While this is on, this computer "
            "accepts connections from the local network"
        ),
        default=False,
    )

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for kind in KINDS:
            if kind.fields:
                _draw_server(layout, kind, self)
            else:
                _draw_local(layout)
            layout.separator()
        row = layout.row(heading="Limit Downloads")
        row.prop(self, "is_limited", text="")
        if addon_preferences(context).is_limited:
            row.prop(self, "download_limit", text="")
        else:
            row.label(text="Unlimited")
        layout.prop(self, "ca_file")


def addon_preferences(context: Context) -> Any:
    """Farmhand's preferences."""
    return preferences_of(context)


def user_home() -> homes.UserFolder:
    """The user folder of this Blender's profile."""
    try:
        return homes.find(bpy.utils.extension_path_user(ROOT_PACKAGE, create=True))
    except (OSError, ValueError):  # not installed as an extension: a development checkout
        return homes.find()


def _draw_local(layout: UILayout) -> None:
    """Draw what This Computer does, and where its data is."""
    from .text import draw_sentence

    kind = kind_of("LOCAL")
    column = layout.column()
    column.label(text=kind.label, icon=kind.icon)
    text = iface_(
        "Renders with this Blender, one frame at a time, on the GPU or {count} CPU threads, as set in the scene. "
        "Render data is removed three days after the render ends."
    )
    draw_sentence(column, bpy.context, text.format(count=os.cpu_count() or 1))
    current = ui_state.current()
    row = column.row()
    row.label(text=str(current.home.folder) if current else "", icon="BLANK1", translate=False)
    row.operator("farmhand.open_data_folder", text="Open Folder", icon="FILE_FOLDER")


def _draw_server(layout: UILayout, kind: ServerKind, owner: AddonPreferences) -> None:
    from .text import draw_sentence

    column = layout.column()
    column.label(text=kind.label, icon=kind.icon)
    for name in kind.fields:
        column.prop(owner, name)
    chosen = server(bpy.context, kind.id)
    row = column.row()
    row.enabled = bool(chosen.url and (chosen.key or not kind.requires_key))
    row.operator("farmhand.test_connection", icon="URL").server = kind.id
    if kind.account_url and not chosen.key:
        row = column.row()  # not grayed out with the test
        row.operator("wm.url_open", text="Get an API Key", icon="URL").url = kind.account_url
    current = ui_state.current()
    found = current.connections.get(chosen.url) if current else None
    if chosen.problem:
        draw_sentence(column, bpy.context, chosen.problem, "ERROR")
    elif found is not None:
        icon = {None: "SORTTIME", True: "CHECKMARK", False: "ERROR"}[found.is_good]
        text = found.text or iface_("Testing the connection…")
        if found.is_refused:  # what to do is already shown
            text = iface_("{server} refused the API key").format(server=host_name(chosen.url))
        draw_sentence(column, bpy.context, text, icon)


CLASSES = (FarmhandPreferences,)
