# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts every part of Farmhand into Blender, and takes each out again in reverse order.

Nothing that Blender's own process imports comes from the bundled wheels: another extension's versions of them, loaded
before this one was enabled, can do no harm.  Only child processes use them, and those start afresh.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import bpy

from . import live, preferences, properties, translations
from .operators import (
    again,
    batch,
    browse,
    check,
    checking,
    command,
    common,
    compare,
    connection,
    fixes,
    jobs,
    missing_files,
    pictures,
    presets,
    submit,
    waking,
    watch,
)
from .operators.bring_back import actions, arriving
from .panels import job_details, job_list, main, menus, options, sent
from .panels import presets as preset_panel

_CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *submit.CLASSES,
    *watch.CLASSES,
    *check.CLASSES,
    *fixes.CLASSES,
    *missing_files.CLASSES,
    *jobs.CLASSES,
    *again.CLASSES,
    *browse.CLASSES,
    *batch.CLASSES,
    *compare.CLASSES,
    *actions.CLASSES,
    *connection.CLASSES,
    *presets.CLASSES,
    *preset_panel.CLASSES,
    *main.CLASSES,
    *options.CLASSES,
    *sent.CLASSES,
    *job_list.CLASSES,
    *job_details.CLASSES,
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
        bpy.app.translations.register(__package__, translations.texts())
        steps.callback(bpy.app.translations.unregister, __package__)
        presets = str(Path(__file__).parent)
        bpy.utils.register_preset_path(presets)
        steps.callback(bpy.utils.unregister_preset_path, presets)
        menus.add()
        steps.callback(menus.remove)
        steps.callback(command.remove, command.add())
        live.start(common.user_home())
        steps.callback(live.stop)
        pictures.add()
        watch.add()
        steps.callback(watch.remove)
        arriving.add()
        steps.callback(arriving.remove)
        checking.add()
        steps.callback(checking.remove)
        fixes.add()
        steps.callback(fixes.remove)
        waking.add()
        steps.callback(waking.remove)
        _registered.push(steps.pop_all())


def unregister() -> None:
    """Take back what `register` did, last first."""
    _registered.close()
