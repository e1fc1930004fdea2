# SPDX-License-Identifier: GPL-3.0-or-later
"""The dry run, remembered for the panels.  Nothing leaves this computer."""

from __future__ import annotations

from dataclasses import replace

from bpy.types import Context

from .. import live
from ..courier import upload_speed
from ..courier.journal import Journal
from ..scene.dry_run import dry_run
from . import common, requests


def check(context: Context, what: str) -> live.Check:
    """See what would be sent."""
    found = dry_run(replace(requests.build(context, what), mbit=_mbit(context)))
    package = found.as_json()["package"]
    files = sorted(package["files"], key=lambda file: (not file["missing"], -file["bytes"]))
    checked = live.Check(found.findings, tuple(files), int(package["bytes"]), found.existing, found.minutes)
    common.holder().checks[context.scene.name] = checked
    return checked


def _mbit(context: Context) -> float:
    """Speed of the line to the scene's server, as the last upload told; 0 when not known, or when there is no line."""
    home = common.user_home()
    if requests.server(context).is_loopback or not home.journal.exists():
        return 0.0
    with Journal(home.journal, busy_seconds=live.BUSY_SECONDS) as journal:
        return upload_speed.measured_mbit(journal)
