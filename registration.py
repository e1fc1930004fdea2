"""Puts every part of Farmhand into Blender, and takes each out again in reverse order.

Nothing that Blender's own process imports comes from the bundled wheels: another extension's versions of them, loaded
before this one was enabled, can do no harm. Only child processes use them, and those start afresh.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import ExitStack
from pathlib import Path

import bpy

from . import translations
from .courier.process import leaving
from .operators import (
    check_connection,
    command,
    common,
    courier_watchdog,
    farm_nodes,
    help_render,
    other_computers,
    overrides,
    presets,
    watch,
)
from .operators.footage import compare, import_frames, on_arrival, play, show_strip
from .operators.jobs import check_first, jobs, list_jobs, open_page, render_again, server_jobs, several_jobs
from .operators.submitting import check, fixes, missing_files, submit, submit_all
from .panels import main, menus
from .panels.jobs import job_details, job_list
from .panels.request import options, sent
from .panels.request import presets as preset_panel
from .panels.servers import farm_nodes as farm_nodes_panel
from .panels.servers import help_render as help_panel
from .panels.servers import other_computers as computers_panel
from .panels.servers import server_jobs as server_jobs_panel
from .ui import preferences, properties
from .ui import state as ui_state
from .ui.jobs import thumbnails
from .ui.request import checks
from .ui.servers import server_list

_CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *server_list.CLASSES,
    *submit.CLASSES,
    *watch.CLASSES,
    *check.CLASSES,
    *fixes.CLASSES,
    *missing_files.CLASSES,
    *jobs.CLASSES,
    *check_first.CLASSES,
    *render_again.CLASSES,
    *list_jobs.CLASSES,
    *server_jobs.CLASSES,
    *farm_nodes.CLASSES,
    *show_strip.CLASSES,
    *several_jobs.CLASSES,
    *play.CLASSES,
    *open_page.CLASSES,
    *submit_all.CLASSES,
    *compare.CLASSES,
    *import_frames.CLASSES,
    *check_connection.CLASSES,
    *presets.CLASSES,
    *overrides.CLASSES,
    *help_render.CLASSES,
    *other_computers.CLASSES,
    *preset_panel.CLASSES,
    *main.CLASSES,
    *options.CLASSES,
    *sent.CLASSES,
    *job_list.CLASSES,
    *job_details.CLASSES,
    *server_jobs_panel.CLASSES,
    *computers_panel.CLASSES,
    *help_panel.CLASSES,
    *farm_nodes_panel.CLASSES,
    *menus.CLASSES,
)

_registered = ExitStack()


def register() -> None:
    """Add everything; when a step fails, those before it are taken back."""
    with ExitStack() as steps:
        for cls in _CLASSES:
            bpy.utils.register_class(cls)
            steps.callback(bpy.utils.unregister_class, cls)
        properties.add()
        steps.callback(properties.remove)
        server_list.add()
        steps.callback(server_list.remove)
        bpy.app.translations.register(__package__, translations.texts())
        steps.callback(bpy.app.translations.unregister, __package__)
        presets = str(Path(__file__).parent)
        bpy.utils.register_preset_path(presets)
        steps.callback(bpy.utils.unregister_preset_path, presets)
        menus.add()
        steps.callback(menus.remove)
        steps.callback(command.remove, command.add())
        ui_state.start(common.user_home())
        steps.callback(ui_state.stop)
        thumbnails.add()
        watch.add()
        steps.callback(watch.remove)
        on_arrival.add()
        steps.callback(on_arrival.remove)
        checks.add()
        steps.callback(checks.remove)
        fixes.add()
        steps.callback(fixes.remove)
        help_render.add()
        steps.callback(lambda: help_render.remove(leaves=not _is_closing()))
        courier_watchdog.add()
        steps.callback(courier_watchdog.remove)
        _registered.push(steps.pop_all())


def unregister() -> None:
    """Take back what `register` did, last first.

    On Windows the libraries of a running program cannot be replaced or removed: an update or removal of the extension
    has courier and farms leave first. When Blender closes they keep running.
    """
    if sys.platform == "win32" and not _is_closing():
        leaving.ask_all(common.user_home())
    _registered.close()


def _is_closing() -> bool:
    """Whether Blender takes all add-ons out: it closes, or reloads scripts."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name == "disable_all":
            return True
        frame = frame.f_back
    return False
