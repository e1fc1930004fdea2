"""Texts of lists and bars for a render, in the language of the interface."""

from __future__ import annotations

import time
from collections.abc import Iterable

from bpy.app.translations import pgettext_iface as iface_

from ...client import frame_ranges
from ...client.message import translated
from ...jobs.journal.submission import Stage, State
from ..request.summary import count_text
from ..servers import servers
from .job_row import Row, is_waiting_for_server
from .progress import clock
from .snapshot import Details


def progress_text(row: Row, is_short: bool = False) -> str:
    """The text of a progress bar: state, progress, remaining time. is_short: without optional words."""
    one = row.submission
    if is_waiting_for_server(one):
        return iface_("Waiting for {server}").format(server=servers.host_name(one.server_url))
    if one.note and one.state is State.ACTIVE:
        return translated(one.note, iface_)
    text: str = iface_(row.word)
    if row.word == "Uploading":
        text += f" {row.factor:.0%}  {row.speed}".rstrip()
    elif one.frames_total and one.stage in (Stage.RENDER, Stage.PULL):
        done = max(one.frames_done, one.frames_rendered)
        if is_short:
            text += f" {done}/{one.frames_total}"
        else:
            text = iface_("{state} {done} of {total}").format(state=text, done=done, total=one.frames_total)
    if row.left:
        text += ", " + iface_("{time} left").format(time=row.left)
    return text


def result_texts(row: Row, details: Details) -> tuple[str, ...]:
    """The result of a finished render: 24 frames in 3:10 (8 s each). The longest text first."""
    one = row.submission
    if one.state is not State.DONE:
        text: str = iface_(row.word)
        if one.frames_total == 1:
            return (text,)
        if one.frames_total:
            long = iface_("{state}, {done} of {total} frames").format(
                state=text, done=one.frames_done, total=one.frames_total
            )
            texts = long, f"{text} {one.frames_done}/{one.frames_total}"
            missing = details.missing if details.submission_id == one.id and one.state is State.FAILED else ()
            return (f"{text}. {_missing_text(missing)}", *texts) if missing else texts
        return (text,)
    frames = count_text(one.frames_done)
    if details.submission_id != one.id or details.seconds < 1 or not one.frames_done:
        return (frames,)
    text = iface_("{frames} in {time}").format(frames=frames, time=clock(details.seconds))
    if one.frames_done == 1:
        return text, frames
    each = iface_("({time} each)").format(time=short_time(details.seconds / one.frames_done))
    return f"{text} {each}", text, frames


def _missing_text(missing: Iterable[int]) -> str:
    return iface_("Missing: {frames}").format(frames=", ".join(frame_ranges.ranges(missing)))


def moment_text(at: float, now: float, is_short: bool) -> str:
    """When something was: the time if today, else the day, and both if there is room.

    Args:
        at, now: Unix seconds; the text is in local time.
        is_short: whether there is room for only one of them.
    """
    day, today = time.strftime("%Y-%m-%d", time.localtime(at)), time.strftime("%Y-%m-%d", time.localtime(now))
    clock_time = time.strftime("%H:%M", time.localtime(at))
    if is_short:
        return clock_time if day == today else day
    return f"{day} {clock_time}"


def age_text(seconds: float) -> str:
    """How long ago something was, for a narrow column."""
    if seconds < 60:
        return iface_("now")
    if seconds < 3600:
        return iface_("{count} min ago").format(count=int(seconds // 60))
    if seconds < 86400:
        return iface_("{count} h ago").format(count=int(seconds // 3600))
    return iface_("{count} d ago").format(count=int(seconds // 86400))


def short_time(seconds: float) -> str:
    """A span of time: 0.4 s, 8 s, 2:10."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)
