"""The HTML of a job's page, and of the page for a link that cannot be served. Every value passes through `_text`."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from pathlib import PurePath

from ...client.models import Downloads, FrameOutput, Job
from ...jobs.folder import hidden_characters
from ..responses import FILES_OF_EACH_END, SHOWN_BY_BROWSERS, Views
from ..state.job_status import COMPLETED, LABELS, OVER
from ..state.records import JobRecord

SHOWN_PICTURES = 24
REFRESH_SECONDS = 3
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
p { margin: .3rem 0; } .facts { opacity: .8; font-size: .9rem; }
progress { width: 100%; height: 1.2rem; margin: 1rem 0; }
.all { display: inline-block; padding: .4rem .9rem; border: 1px solid #8888; border-radius: 4px; margin: .3rem 0 1rem; }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .8rem; }
figure { margin: 0; } figcaption { font-size: .85rem; opacity: .8; }
img { width: 100%; border-radius: 4px; background: #8883; }
ul { columns: 14rem; padding-left: 1.2rem; font-size: .9rem; }
.problem { border-left: 4px solid #c33; padding-left: .8rem; }
"""


def job_page(job: JobRecord, view: Views) -> str:
    """The page of a job: its state, the whole zip, the latest frames, links to all files."""
    described, files = view.job(job), view.downloads(job, FILES_OF_EACH_END)
    frames = files.all_outputs()
    name = PurePath(described.scene_file["fileName"]).stem
    state = LABELS[job.status]
    refresh = "" if job.status in OVER else f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
    body = (
        f"<h1>{_text(name)}</h1>{_state(job, view, state)}{_facts(described)}"
        f"{_problem(described, view.paused_reason(job))}{_archive(files)}"
        f"{_pictures(frames, in_order=job.status == COMPLETED)}{_links(frames, view.files(job))}"
    )
    return _document(f"{name} – {state}", body, refresh)


def message_page(title: str, sentence: str) -> str:
    """What a link that leads nowhere shows."""
    return _document(title, f"<h1>{_text(title)}</h1><p>{_text(sentence)}</p>")


def _document(title: str, body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}<title>{_text(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )


def _state(job: JobRecord, view: Views, state: str) -> str:
    """Done – 24 frames, 1:12, finished 2026-11-28 00:56."""
    done, total = view.frames(job)
    is_whole = done == total and job.status in OVER
    parts = [_frames(total) if is_whole else f"{done} of {_frames(total)}"] if total else []
    if job.status in OVER:
        parts += [_clock(job.updated - job.created), f"finished {_moment(job.updated)}"]
    told = f"{state} – {', '.join(parts)}" if parts else state
    return f'<p>{_text(told)}</p><progress max="{total or 1}" value="{done}"></progress>'


def _facts(described: Job) -> str:
    analysis = described.analysis if isinstance(described.analysis, dict) else {}
    created = described.created_at.timestamp()
    facts = [("Scene", analysis.get("scene")), ("File", described.scene_file["fileName"])]
    facts += [("Submitted", _moment(created)), ("Job", described.id)]
    told = " · ".join(f"{name}: {_text(value)}" for name, value in facts if value)
    return f'<p class="facts">{told}</p>'


def _problem(described: Job, paused: str | None) -> str:
    """Why the job failed, or why nothing of it is rendered now."""
    reason = described.failed_reason.name if described.failed_reason else paused
    return f'<p class="problem">{_text(reason)}</p>' if reason else ""


def _archive(files: Downloads) -> str:
    transforms = files.transforms
    links = (
        ("Preview Video (MP4)", transforms and (transforms.video or {}).get("url")),
        ("Download All Frames (zip)", transforms and transforms.frames_zip),
        ("Download All Files of Compositor Nodes (zip)", transforms and transforms.composite_nodes_zip),
    )
    return "".join(f'<p><a class="all" href="{_text(link)}">{text}</a></p>' for text, link in links if link)


def _pictures(frames: Sequence[FrameOutput], *, in_order: bool) -> str:
    """While frames arrive, the latest come first; once all have arrived, they are in frame order."""
    shown = [one for one in frames if PurePath(one.relative_path or "").suffix.lower() in SHOWN_BY_BROWSERS]
    chosen = shown[:SHOWN_PICTURES] if in_order else shown[: -SHOWN_PICTURES - 1 : -1]
    figures = (
        f'<figure><a href="{_text(one.url)}"><img loading="lazy" src="{_text(one.url)}" alt=""></a>'
        f"<figcaption>{_text(one.file_name or '')}</figcaption></figure>"
        for one in chosen
    )
    return f'<div class="frames">{"".join(figures)}</div>'


def _links(frames: Sequence[FrameOutput], total: int) -> str:
    if not frames:
        return ""
    shown = f"<p>The first and the last of {total:,} files.</p>" if total > len(frames) else ""
    items = (f'<li><a href="{_text(one.url)}">{_text(one.relative_path or "")}</a></li>' for one in frames)
    return f"<h2>Files</h2>{shown}<ul>{''.join(items)}</ul>"


def _text(value: object) -> str:
    """A value as HTML that shows all of it: names of a scene are a stranger's."""
    return html.escape(hidden_characters.replaced(str(value), "\N{REPLACEMENT CHARACTER}"))


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
