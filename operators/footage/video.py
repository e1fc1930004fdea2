"""The preview video of a job as a strip in the Video Sequencer, at the frames that it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context

from ...client.errors import LocalProblem
from ...client.message import msg, translated
from ...jobs.folder import job_video
from ...ui.jobs.job_row import Row
from ...ui.session import Session
from . import strip
from .footage import Footage, remembered

MARK = "farmhand_video"
"""On the strip: the submission whose frames it shows."""


def add(context: Context, found: Footage, path: Path) -> Any:
    """Put the video on a free channel, at the first frame's number, unless its strip exists; returns the strip.

    Raises LocalProblem if this Blender cannot read it.
    """
    for made in strip.every_strip():
        if made.get(MARK) == found.submission_id:
            return made
    scene = strip.edit_scene(context, found, is_asked=True)
    strips = strip.strips_of(scene)
    channel = 1 + max((each.channel for each in strips), default=0)
    try:
        made = strips.new_movie(path.stem, remembered(path), channel, found.first)
    except RuntimeError as error:
        raise LocalProblem(
            msg("This Blender cannot read {name}.", name=path.name),
            "",
            "Import the frames instead, or open the video with another program.",
        ) from error
    made[MARK] = found.submission_id
    scene.frame_start = min(scene.frame_start, found.first)
    scene.frame_end = max(scene.frame_end, found.last)
    return made


def said(made: Any) -> str:
    """The report for an added strip."""
    return rpt_("Added video “{name}” to scene “{scene}”").format(name=made.name, scene=made.id_data.name)


def follow(context: Context, session: Session, found_of: Callable[[Session, Row], Footage]) -> None:
    """Add the requested videos that have arrived; for others, report why they have not.

    found_of: returns the footage of a row.
    """
    for submission_id in tuple(session.arrivals.videos):
        row: Row | None = session.snapshot.by_id.get(submission_id)
        known = job_video.read(session.home.job(submission_id))
        if row is not None and known.is_wanted:
            continue
        session.arrivals.videos.discard(submission_id)
        if row is None:
            continue
        if known.problem:
            session.reports.notes.append(("WARNING", f"{row.submission.name}: {translated(known.problem, rpt_)}"))
        if known.problem or not known.is_here:
            continue
        made = add(context, found_of(session, row), Path(known.path))
        bpy.ops.ed.undo_push(message="Import Video")
        session.reports.notes.append(("INFO", said(made)))
