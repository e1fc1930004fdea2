# SPDX-License-Identifier: GPL-3.0-or-later
"""Account, servers and defaults.  The only place where a key is kept; the environment always wins over it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import FloatProperty, StringProperty
from bpy.types import AddonPreferences, Context, UILayout

from ..client.errors import LocalProblem
from ..jobs import server_address, settings
from ..jobs import user_folder as homes
from ..jobs.submission import LOCAL
from . import state as ui_state
from .guard import NoTraceback, unexpected

RENDERJUICE_URL = server_address.RENDERJUICE
KEY_VARIABLE = "FARMHAND_API_KEY"
SERVER_VARIABLE = "FARMHAND_SERVER"

_NAMES = {LOCAL: "This Computer", RENDERJUICE_URL: "Renderjuice"}
SERVER_ITEMS = (
    ("LOCAL", "This Computer", "Render on this computer, without an account", "DESKTOP", 0),
    ("RENDERJUICE", "Renderjuice", "Render in Renderjuice's cloud, with your account's API key", "URL", 1),
    ("CUSTOM", "Own Server", "Render on a studio's server that speaks the same API", "NETWORK_DRIVE", 2),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where jobs go.

    url: a base URL, LOCAL, or "" when none was given, or none that is one.  is_forced: the environment chose it.
    problem: what is wrong with the address that was given, in English.
    """

    name: str
    url: str
    key: str = field(default="", repr=False)
    is_forced: bool = False
    problem: str = ""

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL

    @property
    def costs_money(self) -> bool:
        """Whether to ask before rendering: anything but a computer of one's own."""
        return not self.is_loopback

    @property
    def is_loopback(self) -> bool:
        """Whether it is reached without any network."""
        return server_address.is_loopback(self.url)


def _save_settings(self: FarmhandPreferences, _context: Context) -> None:
    """The courier reads these from a file: it works on while Blender is closed."""
    try:
        home = user_home()
        limit = int(self.download_limit * 1_000_000)
        wanted = replace(settings.read(home), bytes_per_second=limit, ca_file=bpy.path.abspath(self.ca_file))
        settings.write(home, wanted)
    except Exception as error:  # a change of a property has nobody to report to
        current = ui_state.current()
        if current is not None:
            current.refuse(unexpected(error))


class FarmhandPreferences(NoTraceback, AddonPreferences):
    """Where jobs go, and with which key"""

    bl_idname = __package__

    renderjuice_key: StringProperty(
        name="API Key",
        description="The key that Renderjuice gave you. It is stored with Blender's preferences, never in a .blend",
        subtype="PASSWORD",
    )
    custom_url: StringProperty(
        name="Server Address",
        description="Address of the server, for example http://studio-server:8000",
    )
    custom_key: StringProperty(
        name="API Key",
        description="The key of your own server. It is stored with Blender's preferences, never in a .blend",
        subtype="PASSWORD",
    )

    download_limit: FloatProperty(
        name="Download Limit (MB/s)",
        description="Megabytes per second that fetching frames may use at most, 0 for no limit",
        min=0.0,
        soft_max=100.0,
        precision=1,
        update=_save_settings,
    )
    ca_file: StringProperty(
        name="CA File",
        description="Certificates of an office whose network checks encrypted traffic; empty for the system's own",
        subtype="FILE_PATH",
        update=_save_settings,
    )

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_server(layout, "RENDERJUICE", self, ("renderjuice_key",))
        layout.separator()
        _draw_server(layout, "CUSTOM", self, ("custom_url", "custom_key"))
        layout.separator()
        layout.prop(self, "download_limit")
        layout.prop(self, "ca_file")


def addon_preferences(context: Context) -> FarmhandPreferences:
    """Farmhand's preferences."""
    return context.preferences.addons[__package__].preferences


def user_home() -> homes.UserFolder:
    """The user folder of this Blender's profile."""
    try:
        return homes.find(bpy.utils.extension_path_user(__package__, create=True))
    except (OSError, ValueError):  # not installed as an extension: a development checkout
        return homes.find()


def server(context: Context, kind: str) -> Server:
    """The server that a scene chose, or the one that the environment names."""
    preferences = addon_preferences(context)
    forced = os.environ.get(SERVER_VARIABLE, "")
    key = os.environ.get(KEY_VARIABLE, "")
    if forced:
        url, problem = _address(forced, server_address.base_url)
        name = _NAMES.get(url) or server_address.host_of(url) or forced
        return Server(name, url, key, is_forced=True, problem=problem)
    if kind == "RENDERJUICE":
        return Server("Renderjuice", RENDERJUICE_URL, key or preferences.renderjuice_key)
    if kind == "CUSTOM":
        url, problem = _address(preferences.custom_url, server_address.complete)
        return Server("Own Server", url, preferences.custom_key or key, problem=problem)
    return Server("This Computer", LOCAL)


def server_at(context: Context, url: str) -> Server:
    """The server of a job, by its address; one that is not in the preferences any more has no key."""
    known = (server(context, kind) for kind in ("LOCAL", "RENDERJUICE", "CUSTOM"))
    return next((one for one in known if one.url == url), Server(server_address.host_of(url) or url, url))


def keys(context: Context) -> dict[str, str]:
    """Every key there is, by server address: what the courier is handed on its standard input."""
    kinds = ("RENDERJUICE", "CUSTOM")
    return {one.url: one.key for one in (server(context, kind) for kind in kinds) if one.url and one.key}


def _address(text: str, read: Callable[[str], str]) -> tuple[str, str]:
    """The base URL that the text means, or "" and what is wrong with it.  No text is nothing wrong."""
    try:
        return (read(text) if text.strip() else ""), ""
    except LocalProblem as error:
        return "", error.what


def _draw_server(layout: UILayout, kind: str, owner: AddonPreferences, names: tuple[str, ...]) -> None:
    from .text import draw_sentence

    label, icon = next((one[1], one[3]) for one in SERVER_ITEMS if one[0] == kind)
    column = layout.column()
    column.label(text=label, icon=icon)
    for name in names:
        column.prop(owner, name)
    row = column.row()
    row.operator("farmhand.test_connection", icon="URL").server = kind
    current = ui_state.current()
    chosen = server(bpy.context, kind)
    found = current.connections.get(chosen.url) if current else None
    if chosen.problem:
        draw_sentence(column, bpy.context, chosen.problem, "ERROR")
    elif found is not None:
        icon = {None: "SORTTIME", True: "CHECKMARK", False: "ERROR"}[found.is_good]
        draw_sentence(column, bpy.context, found.text or iface_("Asking the server…"), icon)


CLASSES = (FarmhandPreferences,)
