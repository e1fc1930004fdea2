"""The text that *Copy Report* puts on the clipboard: all that helps, and no key. Always in English."""

from __future__ import annotations

import json
import platform
import time

import bpy

from ...client.redaction import redact
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import FrameState, Submission
from ...jobs.user_folder import UserFolder
from ...ui.jobs.renders import read_job


def report_text(one: Submission, home: UserFolder) -> str:
    """Everything that is known of a submission, in lines."""
    with Journal(home.journal) as journal:
        transitions = journal.transitions(one.id)
        frames = journal.frames(one.id)
    job = read_job(home, one.id)
    lines = [
        f"Farmhand report of {one.name}",
        f"Blender {bpy.app.version_string}, {platform.platform()}, Python {platform.python_version()}",
        f"Submission {one.id}, job {one.job_id or 'none'}, server {one.server_url}",
        f"State {one.state.value} at stage {one.stage.value}, service says {one.job_status or 'nothing'}",
        f"Frames {one.frames_done} here of {one.frames_total}, {one.frames_suspect} suspect",
        f"Bytes {one.package_bytes} packed, {one.upload_done} sent, {one.bytes_pulled} fetched",
        f"Problem: {one.problem or 'none'}",
        f"Render config: {json.dumps(job.render_config, ensure_ascii=False) if job else 'gone'}",
        "What happened:",
        *(f"  {_when(at)}  {stage.value} {state.value}  {text}" for at, stage, state, text in transitions),
    ]
    odd = [record for record in frames if record.state is not FrameState.DOWNLOADED]
    lines += [f"  frame {record.frame} {record.state.value} {record.reason}" for record in odd]
    return redact("\n".join(lines)) + "\n"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
