"""Converts the farm's records to the API's models, which the client uses too, and which validate their values."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..client.models import Downloads, FrameOutput, Job, NodeOutput, Progress, UploadTarget
from . import plain_json
from .objects.storage import Storage
from .options import ALWAYS, NEVER
from .settings import FarmSettings
from .state.files.job_zips import FRAMES_ZIP, NODES_ZIP, stem, zip_name
from .state.job_pages import ListedJob
from .state.job_status import COMPLETED, OVER, RUNNING
from .state.outputs import VIDEO, of_first_view
from .state.records import JobRecord, OutputRecord, Upload, iso
from .state.store import Store

_log = logging.getLogger(__name__)
_NOT_JSON = ("NaN", "Infinity", "\\ud")
"""What Python takes for JSON and others may not: numbers without a value, half characters. Names may hold them too."""
PAGES = "pages"
"""Where the pages for browsers are."""
F = TypeVar("F", bound=FrameOutput)
SHOWN_BY_BROWSERS = frozenset({".png", ".jpg", ".jpeg", ".webp"})
"""Extensions of pictures that a page can show as they are."""
FILES_OF_EACH_END = 250
"""Pages list so many of the first and so many of the last files of a job: they are made anew at each change."""
SPEED_FACTOR = 1.0
"""Normalized seconds for one second on this machine. A farm's own hardware is its reference."""


class Views:
    """base_url: how the client reaches this farm; links use it too, unless the settings name a public URL."""

    def __init__(self, settings: FarmSettings, store: Store, storage: Storage, base_url: str) -> None:
        self._settings = settings
        self._store = store
        self._storage = storage
        self._base_url = settings.public_url or base_url

    def job(self, job: JobRecord) -> Job:
        """A record that cannot be sent, such as one of an older farm, loses its details: it must not break a list."""
        upload = self._store.upload(job.slug)
        assert upload is not None
        details = {
            "requestedConfig": job.requested,
            "finalConfig": job.final,
            "analysisId": job.id if job.analysis else None,
            "analysis": job.analysis,
        }
        described = {**self._facts(job, upload), **details}
        if not plain_json.can_be_sent(described):
            _log.error("Job %s has a record that cannot be sent; its details are left out", job.id)
            nothing = {"analysis": None, "requestedConfig": None, "finalConfig": None}
            described = {**plain_json.cleaned(described), **nothing}
        return Job.model_validate(described)

    def job_text(self, listed: ListedJob) -> str:
        """The same as JSON, for long lists: what is stored as JSON is passed on without being parsed."""
        facts = json.dumps(self._facts(listed.job, listed.upload), separators=(",", ":"))
        details = {
            "requestedConfig": listed.details.get("requested", "null"),
            "finalConfig": listed.details.get("final", "null"),
            "analysisId": f'"{listed.job.id}"' if listed.has_analysis else "null",
            "analysis": listed.details.get("analysis", "null"),
        }
        text = facts[:-1] + "".join(f',"{name}":{detail}' for name, detail in details.items()) + "}"
        if any(sign in text for sign in _NOT_JSON):
            return self.job(self._store.get(listed.job.id)).model_dump_json(by_alias=True, exclude_unset=True)
        return text

    def _facts(self, job: JobRecord, upload: Upload) -> dict[str, Any]:
        """Everything but the details."""
        return {
            "id": job.id,
            "status": job.status,
            "workspaceId": job.workspace_id,
            "createdAt": iso(job.created),
            "updatedAt": iso(job.updated),
            "userId": None,
            "rootFolderId": None,
            "normalizedSeconds": round(job.render_seconds * SPEED_FACTOR, 3),
            "previewUrl": self._get(job.preview) if job.preview else None,
            "pageUrl": self._storage.signed(f"{self._base_url}/", f"{PAGES}/{job.id}", "GET", self._link_end()),
            "failedReason": {"name": job.failed_name, "type": job.failed_type} if job.failed_type else None,
            "pausedReason": self.paused_reason(job),
            "output": {"isDeletedForClient": job.is_deleted},
            "isAnalysisSkipped": False,
            "sceneFile": {"fileName": upload.file_name, "fileType": upload.file_type, "bytes": upload.bytes},
        }

    def paused_reason(self, job: JobRecord) -> str | None:
        """Why no frame of a job is rendered now; None if there is no reason."""
        if job.status in OVER:
            return None
        if job.is_paused:
            return "The job is paused. Resume it on the farm to continue."
        return self._store.pause_reason or self._store.waits_for.get(job.id) or None

    def frames(self, job: JobRecord) -> tuple[int, int]:
        """Frames that are rendered, and frames that were asked for."""
        counts = self._store.counts(job.id)
        return counts.completed, counts.total

    def files(self, job: JobRecord) -> int:
        """Files that a job has given so far."""
        return self._store.outputs.count(job.id)

    def progress(self, job: JobRecord) -> list[Progress]:
        """The counters of a running job, or an empty list."""
        if job.status not in RUNNING:
            return []
        counts = self._store.counts(job.id)
        counters = {
            "jobId": job.id,
            "status": job.status,
            "framesTotal": counts.total,
            "framesCompleted": counts.completed,
            "framesRendering": counts.rendering,
            "framesFailed": counts.failed,
            "updatedAt": iso(job.updated),
        }
        return [Progress.model_validate(counters)]

    def downloads(self, job: JobRecord, most: int | None = None) -> Downloads:
        """Everything that is ready; frames show up one by one while the job renders.

        most: only so many of the first and of the last files, None for all.
        """
        return self.prepared(job, most)()

    def prepared(self, job: JobRecord, most: int | None = None) -> Callable[[], Downloads]:
        """The same, for a call in a thread: for a job of 100,000 frames it takes seconds."""
        read, name = self._store.outputs.read(job.id, most), stem(self._store, job)
        return lambda: self._downloads(job, read(), name)

    def _downloads(self, job: JobRecord, outputs: list[OutputRecord], name: str) -> Downloads:
        """name: of the job's file, for files that are made of its frames. Does not use the store."""
        frames = [self._output(FrameOutput, job, output) for output in outputs if output.node is None]
        nodes = [self._output(NodeOutput, job, output) for output in outputs if output.node is not None]
        frames_zip = self._zip(job, FRAMES_ZIP, name) if frames and job.status in OVER else None
        nodes_zip = self._zip(job, NODES_ZIP, name) if nodes and job.status in OVER else None
        return Downloads.model_validate(
            {
                "frames": [each.url for each in frames],
                "compositeNodes": [each.url for each in nodes],
                "transforms": {
                    "framesZip": frames_zip and frames_zip.url,
                    "compositeNodesZip": nodes_zip and nodes_zip.url,
                    "video": self._video(job, outputs, name),
                    "framesZipOutputs": frames_zip,
                    "compositeNodesZipOutputs": nodes_zip,
                },
                "frameOutputs": frames,
                "compositeNodeOutputs": nodes,
            }
        )

    def upload_target(self, upload: Upload) -> UploadTarget:
        """Where to upload its file."""
        link = self._storage.link(self._base_url, upload.key, "PUT", int(upload.expires))
        target = {"uploadUrl": link, "slug": upload.slug, "expiresAt": iso(upload.expires)}
        return UploadTarget.model_validate(target)

    def _video(self, job: JobRecord, outputs: list[OutputRecord], name: str) -> dict[str, Any] | None:
        """None while it may still come; without a link if it never will. A link may be that of a video that is made
        only when it is fetched."""
        if job.is_deleted:
            return {}
        told = job.video
        if told is None and self._settings.videos == NEVER:
            return {"notice": "This farm makes no videos."}
        if told is None and job.status == COMPLETED and self._settings.videos != ALWAYS:
            shown = of_first_view(outputs)
            fps = float((job.final or {}).get("fps") or 24.0)
            told = {"key": f"{job.key}/{VIDEO}", "frames": len(shown), "fps": fps} if len(shown) > 1 else {}
        if told is None or "key" not in told:
            return told
        url = self._get(told["key"]) if job.video else self._own(told["key"])
        link = {"url": url, "fileName": f"{name}.mp4"}
        return {**link, **{each: value for each, value in told.items() if each != "key"}}

    def _zip(self, job: JobRecord, kind: str, name: str) -> FrameOutput:
        told = {
            "url": self._own(f"{job.key}/{kind}"),
            "fileName": zip_name(name, kind),
            "view": None,
            "legacy": False,
            "relativePath": kind,
            "compositeNodeName": None,
        }
        return FrameOutput.model_validate(told)

    def _output(self, kind: type[F], job: JobRecord, output: OutputRecord) -> F:
        told = {
            "url": self._get(f"{job.key}/{output.relative_path}"),
            "fileName": output.shown_name,
            "view": output.view,
            "legacy": False,
            "relativePath": output.relative_path,
            "compositeNodeName": output.node,
            "frame": output.frame,
            "bytes": output.bytes,
            "sha256": output.sha256,
            "unreadable": output.unreadable,
        }
        return kind.model_validate(told)

    def _get(self, key: str) -> str:
        return self._storage.link(self._base_url, key, "GET", self._link_end())

    def _own(self, key: str) -> str:
        """A link to the farm, which creates the file when it is requested."""
        return self._storage.own_link(self._base_url, key, "GET", self._link_end())

    def _link_end(self) -> int:
        return int(time.time() + self._settings.link_seconds)
