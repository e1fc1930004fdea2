"""What is reported once when a job ends or needs the user, and the first remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_

from ..client.message import translated
from ..jobs.journal.submission import State, Submission
from .jobs.job_row import Row, needs_confirmation, needs_key, waits_to_start
from .servers import servers
from .text import plain_folder


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button: operator, icon, its text if the operator's own does not fit, and its `frames`.

    short: the text for a narrow place.
    """

    operator: str
    icon: str
    text: str = ""
    frames: str = ""
    short: str = ""


def news_sentence(one: Submission, row: Row | None) -> tuple[str, str]:
    """The report for a submission that ended or needs the user: level and text.

    row: its render, if still known: frames of all its submissions are counted.
    """
    whole = row.submission if row else one
    if one.state is State.DONE:
        return "WARNING" if whole.frames_suspect else "INFO", finished_sentence(whole)
    if one.state is State.CANCELED:
        return "INFO", rpt_("{name} was canceled").format(name=whole.name)
    level = "ERROR" if one.state is State.FAILED else "WARNING"
    return level, f"{whole.name}: {attention_sentence(one)}"


def finished_sentence(one: Submission) -> str:
    """The sentence for a finished render."""
    text = rpt_("{name}: 1 frame rendered to {folder}") if one.frames_done == 1 else None
    text = text or rpt_("{name}: {count} frames rendered to {folder}")
    text = text.format(name=one.name, count=one.frames_done, folder=plain_folder(one))
    if one.frames_suspect:
        more = rpt_("(1 looks wrong)") if one.frames_suspect == 1 else rpt_("({count} look wrong)")
        text += " " + more.format(count=one.frames_suspect)
    return text


def attention_sentence(one: Submission) -> str:
    """Why a job needs the user, in one sentence."""
    if needs_key(one):
        if reason := _offline(one):
            return reason
        server = servers.host_name(one.server_url)
        text = rpt_("{server} refused the API key") if one.state is State.STOPPED else rpt_("{server} needs an API key")
        return text.format(server=server)
    if needs_confirmation(one):
        return translated(one.note, rpt_) if one.note else rpt_("The job is waiting for your confirmation")
    if one.problem is not None:
        return translated(one.problem.what, rpt_)
    return rpt_("the render failed") if one.state is State.FAILED else rpt_("The job stopped")


def _offline(one: Submission) -> str:
    """Why the courier got no key although there may be one, or ""."""
    server = servers.Server(servers.host_name(one.server_url), one.server_url)
    return servers.needs_network(server) if one.state is State.WAITING else ""


def problem_sentences(one: Submission) -> Iterator[str]:
    """Why a job needs the user, what that means for the render, and what to do, unless `first_remedy` does it."""
    yield attention_sentence(one)
    if one.problem is not None:
        advice = "" if needs_key(one) else one.problem.advice
        yield from (translated(more, iface_) for more in (one.problem.meaning, advice) if more)


def first_remedy(row: Row) -> Remedy | None:
    """The remedy for most renders in this state, or None if there is nothing to do."""
    one = row.current
    if needs_key(one):
        return None if _offline(one) else Remedy("farmhand.open_preferences", "PREFERENCES")
    if waits_to_start(one):
        return Remedy("farmhand.start_render", "PLAY", short=iface_("Render"))
    if needs_confirmation(one):
        return Remedy("farmhand.confirm", "PLAY", iface_("Overwrite Existing Files"))
    if one.state is State.STOPPED:
        return Remedy("farmhand.retry", "FILE_REFRESH")
    if one.state is State.PAUSED:
        return Remedy("farmhand.resume", "PLAY")
    if not one.is_over:
        return None
    if row.rest:
        text = iface_("Render Remaining Frame") if len(row.rest) == 1 else iface_("Render Remaining {count} Frames")
        text = text.format(count=len(row.rest))
        short = iface_("Render {count} More").format(count=len(row.rest))
        return Remedy("farmhand.render_rest", "RENDER_ANIMATION", text, short=short)
    return missing_remedy(row)


def missing_remedy(row: Row) -> Remedy | None:
    """A remedy that renders missing or faulty frames, with their number on its label."""
    missing, suspect = row.missing_count, row.submission.frames_suspect
    if not row.current.is_over or not row.has_package or not (missing or suspect):
        return None
    if missing and suspect:
        text = iface_("Render {count} Missing or Faulty Frames").format(count=missing + suspect)
    elif missing:
        text = iface_("Render 1 Missing Frame") if missing == 1 else iface_("Render {count} Missing Frames")
        text = text.format(count=missing)
    else:
        text = iface_("Re-render 1 Faulty Frame") if suspect == 1 else iface_("Re-render {count} Faulty Frames")
        text = text.format(count=suspect)
    count = missing if not suspect else suspect if not missing else missing + suspect
    short = (
        iface_("Render {count} Again").format(count=count)
        if suspect
        else iface_("Render {count} More").format(count=count)
    )
    return Remedy("farmhand.render_again", "FILE_REFRESH", text, "WRONG", short)
