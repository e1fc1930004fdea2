"""Keeps the job list's lines in sync with the snapshot, filtered and sorted, so that drawing has nothing to compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePath

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context

from ...jobs.journal.submission import State, Submission
from ..properties import FarmhandWindowSettings, selected_id
from ..session import Session
from .job_row import Row
from .journal_picture import NEEDS_USER

_PROBLEMS = NEEDS_USER | {State.FAILED}
_ORDER = (
    State.ACTIVE,
    State.WAITING,
    State.QUEUED,
    State.STOPPED,
    State.FAILED,
    State.PAUSED,
    State.DONE,
    State.CANCELED,
)


FILE_MARK = "file:"
"""What a line that stands above the jobs of one file begins with."""


def file_of(line: str) -> str | None:
    """The file that a line stands for, or None for a job's line."""
    return line.removeprefix(FILE_MARK) if line.startswith(FILE_MARK) else None


def follow(context: Context, session: Session) -> None:
    """Rewrite the lines when the snapshot or a filter changed; the selection stays on its job."""
    window: FarmhandWindowSettings = context.window_manager.farmhand
    snapshot = session.snapshot
    if window.generation == snapshot.generation:
        return
    is_forced = window.generation < 0
    window.generation = snapshot.generation
    made_for = (session.picture.listing, bpy.data.filepath)
    if made_for == session.listed.made_for and not is_forced:
        return
    session.listed.made_for = made_for
    wanted = lines([row.submission for row in snapshot.rows], window, bpy.data.filepath)
    if wanted == session.listed.ids and not is_forced:
        return
    before, session.listed.ids = session.listed.ids, wanted
    selected = selected_id(context)
    _write(window, wanted, [] if is_forced else before)
    newest = snapshot.rows[0] if snapshot.rows else None
    if newest and newest.submission.id in wanted and _was_just_sent(newest, session, before):
        selected = newest.submission.id
    if selected in wanted:
        window.active = wanted.index(selected)
    else:
        window.active = next((place for place, line in enumerate(wanted) if file_of(line) is None), 0)


def select(context: Context, session: Session, name: str) -> None:
    """Select a render, even if the filters leave it out."""
    window = context.window_manager.farmhand
    follow(context, session)
    if name not in session.listed.ids:
        window.show, window.search = "ALL", ""
        follow(context, session)
    if name in session.listed.ids:
        window.active = session.listed.ids.index(name)


def _was_just_sent(row: Row, session: Session, before: list[str]) -> bool:
    """Whether it was submitted from the open file, in this session: then the artist wants to see it."""
    one = row.submission
    return one.id not in before and one.id in session.picture.unseen and one.blend == bpy.data.filepath


def lines(submissions: Iterable[Submission], window: FarmhandWindowSettings, blend: str) -> list[str]:
    """IDs of the jobs to show, in order; those of other files below a line with its name, unless their names show it.

    Args:
        submissions: the newest first.
        window: the filters and the order that the user chose.
        blend: path of the open file, whose jobs come first; "" for one that was never saved.
    """
    found = arranged(submissions, window, blend)
    files: dict[str, list[Submission]] = {}
    for one in found:
        files.setdefault(one.blend, []).append(one)
    if window.sort != "NEW" or not files.keys() - {blend}:
        return [one.id for one in found]
    shown = [one.id for one in files.pop(blend, ())]
    stems = Counter(map(_stem, (*files, blend)))
    plain = [file for file, jobs in files.items() if stems[_stem(file)] == 1 and _are_named_after(jobs, file)]
    for file in plain:  # first, so that none is below another file's name
        shown += [one.id for one in files.pop(file)]
    for file, jobs in files.items():
        shown += [FILE_MARK + file, *(one.id for one in jobs)]
    return shown


def _are_named_after(jobs: Iterable[Submission], file: str) -> bool:
    """Whether each job's name shows its file, so that no line is needed for it."""
    stem = _stem(file) or iface_("Untitled")
    return all(one.name.startswith(stem) for one in jobs)


@lru_cache(maxsize=10_000)
def _stem(file: str) -> str:
    """Cached, because each change of the list needs it for a thousand files."""
    return PurePath(file).stem


def arranged(submissions: Iterable[Submission], window: FarmhandWindowSettings, blend: str) -> list[Submission]:
    """The submissions that pass the filters, in the chosen order.

    Args:
        submissions: the newest first.
        window: the filters and the order that the user chose.
        blend: path of the open file, for the filter that leaves others out.
    """
    # Read from Blender once, not for each of a thousand.
    show, search, sort = window.show, window.search.casefold(), window.sort
    found = [one for one in submissions if _passes(one, show, search, blend)]
    if sort == "NAME":
        found.sort(key=lambda one: one.name.casefold())
    elif sort == "STATE":
        found.sort(key=lambda one: _ORDER.index(one.state))
    return found


def _passes(one: Submission, show: str, search: str, blend: str) -> bool:
    if show == "FILE" and one.blend != blend:
        return False
    if show == "GOING" and one.is_over:
        return False
    if show == "TROUBLE" and one.state not in _PROBLEMS and not one.frames_suspect:
        return False
    return not search or any(search in text.casefold() for text in (one.name, one.scene, one.blend))


def _write(window: FarmhandWindowSettings, wanted: list[str], before: list[str]) -> None:
    """Write the lines, so that one new line in an old list does not rename all those below it."""
    if len(wanted) == len(before) + 1:
        place = next((n for n, (new, old) in enumerate(zip(wanted, before, strict=False)) if new != old), len(before))
        if wanted[place + 1 :] == before[place:]:
            window.jobs.add().name = wanted[place]
            window.jobs.move(len(window.jobs) - 1, place)
            return
    while len(window.jobs) > len(wanted):
        window.jobs.remove(len(window.jobs) - 1)
    while len(window.jobs) < len(wanted):
        window.jobs.add()
    for item, name in zip(window.jobs, wanted, strict=True):
        if item.name != name:
            item.name = name
