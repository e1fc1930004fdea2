"""The servers for jobs, their keys, and why one cannot be used right now."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context

from ...client.errors import LocalProblem
from ...client.message import translated
from ...jobs import server_address
from ...jobs.journal.submission import LOCAL
from .kinds import KEY_VARIABLE, KINDS, ServerKind, kind_at, kind_of

ROOT_PACKAGE = __package__.rsplit(".", 2)[0]
SERVER_VARIABLE = "FARMHAND_SERVER"


@dataclass(frozen=True, slots=True)
class Server:
    """A server for jobs.

    url: a base URL, LOCAL, or "" if none was given or it is invalid. is_forced: the environment chose it.
    problem: what is wrong with the given address, in English. requires_key: nothing can be sent without one.
    """

    name: str
    url: str
    key: str = field(default="", repr=False)
    is_forced: bool = False
    problem: str = ""
    requires_key: bool = False

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL

    @property
    def costs_money(self) -> bool:
        """Whether to ask before rendering: on everything but the user's own computers."""
        return not self.is_loopback

    @property
    def is_loopback(self) -> bool:
        """Whether it is reached without a network."""
        return server_address.is_loopback(self.url)


def preferences_of(context: Context) -> Any:
    """Farmhand's preferences; the defaults if Blender has none, as after ``blender --addons``."""
    entry = context.preferences.addons.get(ROOT_PACKAGE)
    return entry.preferences if entry is not None and entry.preferences is not None else _FIRST


def server(context: Context, kind: str) -> Server:
    """The server that is chosen in a scene, or set by the environment."""
    preferences = preferences_of(context)
    forced = os.environ.get(SERVER_VARIABLE, "")
    if not forced:
        return _chosen(kind_of(kind), preferences)
    url, problem = _address(forced, server_address.base_url)
    found = kind_at(url)
    name = found.label if found.url else server_address.host_of(url) or forced
    key = os.environ.get(KEY_VARIABLE, "")
    return Server(name, url, key, is_forced=True, problem=problem, requires_key=found.requires_key)


_FIRST = SimpleNamespace(
    renderjuice_key="", custom_url="", custom_key="", is_limited=False, lets_others_help=False, download_limit=0.0
)


def _chosen(kind: ServerKind, preferences: Any) -> Server:
    """The server of a kind, with the address and the key from the preferences."""
    url, problem = kind.url, ""
    if kind.url_field:
        url, problem = _address(getattr(preferences, kind.url_field), server_address.complete)
    typed = getattr(preferences, kind.key_field) if kind.key_field else ""
    told = os.environ.get(KEY_VARIABLE, "") if kind.environment_key else ""
    key = told or typed if kind.environment_key == "first" else typed or told
    return Server(kind.label, url, key, problem=problem, requires_key=kind.requires_key)


def scene_server(context: Context) -> Server:
    """The server for the jobs of the scene in view."""
    return server(context, context.scene.farmhand.server)


def host_name(url: str) -> str:
    """A short name for a server, by its address."""
    kind = kind_at(url)
    return iface_(kind.label) if kind.url else server_address.host_of(url) or url


def button_text(chosen: Server) -> str:
    """The text of the main button: where it renders."""
    if not chosen.url:
        return iface_("Render Animation")
    return iface_(kind_at(chosen.url).button).format(server=host_name(chosen.url))


def entry_text(chosen: Server, is_animation: bool) -> str:
    """The text of an entry of Blender's Render menu."""
    action = iface_("Render Animation") if is_animation else iface_("Render Image")
    kind = kind_at(chosen.url or LOCAL)
    return iface_(kind.entry).format(action=action, server=host_name(chosen.url))


def server_at(context: Context, url: str) -> Server:
    """The server of a job, by its address; one that is no longer in the preferences has no key."""
    known = (server(context, kind.id) for kind in KINDS)
    return next((one for one in known if one.url == url), Server(server_address.host_of(url) or url, url))


def keys(context: Context) -> dict[str, str]:
    """The keys of all servers that may be contacted, by address, for the courier's standard input.

    It sends nothing to a server without a key, so it respects Blender's settings, whatever it was started for.
    """
    with_key = (server(context, kind.id) for kind in KINDS if kind.key_field)
    return {one.url: one.key for one in with_key if one.url and one.key and not needs_network(one)}


def _address(text: str, read: Callable[[str], str]) -> tuple[str, str]:
    """The base URL in the text, or "" and what is wrong with it. An empty text is not an error."""
    try:
        return (read(text) if text.strip() else ""), ""
    except LocalProblem as error:
        return "", error.what


def no_address(server: Server) -> str:
    """Why there is no server address, or ""."""
    if server.problem:
        return translated(server.problem, rpt_)
    return "" if server.url else iface_("Enter the server's address in Preferences")


def needs_network(server: Server) -> str:
    """Why this server cannot be reached with Blender's current settings, or ""."""
    if server.is_loopback or bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return rpt_("Blender was started in offline mode, and {name} needs the network").format(name=server.name)
    return rpt_("Allow Online Access in Preferences > System to use {name}").format(name=server.name)


def demand_network(context: Context, server_url: str) -> None:
    """Raises LocalProblem if the server of a job cannot be reached with Blender's current settings."""
    if reason := needs_network(server_at(context, server_url)):
        raise LocalProblem(reason, rpt_("Nothing was sent."))


def why_not(context: Context) -> str:
    """Why nothing can be submitted now, or ""."""
    chosen = scene_server(context)
    if reason := no_address(chosen):
        return reason
    if chosen.requires_key and not chosen.key:
        text = iface_("Set the environment variable {name}") if chosen.is_forced else ""
        return text.format(name=KEY_VARIABLE) or iface_("Enter an API key in Preferences")
    return needs_network(chosen)
