"""The bodies of the documented service's answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from documented_jobs import File, Job, Upload

if TYPE_CHECKING:
    from documented_service import DocumentedService

PAGE_SIZE = 10
WORKSPACE = "f61c980c-fbbe-472d-a047-d64c5b97c4ba"


@dataclass(frozen=True)
class Link:
    content: bytes
    until: float


class Answers:
    """links: what storage gives out, by path and query."""

    def __init__(self, service: DocumentedService) -> None:
        self._service = service
        self._variant = service.variant
        self.links: dict[str, Link] = {}

    def upload(self, upload: Upload) -> Any:
        return self._wrapped(
            {
                "uploadUrl": f"{self._service.storage}/{upload.slug}?signature=abc",
                "slug": upload.slug,
                "expiresAt": _iso(upload.expires),
            }
        )

    def job(self, job: Job, *, is_asked: bool = False) -> Any:
        return self._wrapped(self._job(job), is_documented=is_asked)

    def acted(self, job: Job) -> Any:
        """The answers of validate and cancel are undocumented."""
        if self._variant.acted == "job":
            return self.job(job)
        return {"nothing": None, "word": "OK", "message": {"success": True, "message": "Accepted"}}[self._variant.acted]

    def page(self, jobs: list[Job], number: int) -> Any:
        """Pages have the size of the sample's; whether a client may choose another is documented nowhere."""
        ordered = sorted(jobs, key=lambda one: one.created_at, reverse=self._variant.listed == "newest")
        shown = ordered[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        pages = -(-len(jobs) // PAGE_SIZE)
        pagination = {"page": number, "pageSize": PAGE_SIZE, "total": len(jobs), "totalPages": pages}
        return self._wrapped({"jobs": [self._job(one) for one in shown], "pagination": pagination})

    def progress(self, jobs: list[Job], *, is_bulk: bool) -> Any:
        running = [one for one in jobs if one.config is not None and not one.is_over]
        kind = self._variant.progress
        if kind == "stale":
            return self._wrapped([{"jobId": one.id, "status": "rendering"} for one in jobs if one.config is not None])
        if kind == "empty" or (not running and kind not in ("nodes", "frames")):
            return self._wrapped([])
        if kind == "object" and not is_bulk:
            return self._wrapped(self._counters(running[0]))
        if kind == "other":
            return self._wrapped(
                {one.id: {"percent": 40.5, "state": "busy", "done": len(one.frames_done)} for one in running}
            )
        if kind == "frames":  # entries of frames, of jobs that are over too, and without a job's id
            return self._wrapped(
                [
                    {"frame": at, "status": "completed" if at in one.frames_done else "rendering"}
                    for one in jobs
                    for at in one.frames
                ]
            )
        if kind == "nodes":  # machines that stay in the list when the job is over, always at work
            return self._wrapped(
                {
                    "nodes": [
                        {"nodeId": f"gpu-{x}", "jobId": one.id, "status": "rendering"} for one in jobs for x in "ab"
                    ]
                }
            )
        return self._wrapped([self._counters(one) for one in running])

    def downloads(self, job: Job) -> Any:
        beauty, depth = job.beauty(), job.depth()
        legacy = {"frames": [self._link(one) for one in beauty], "compositeNodes": [self._link(one) for one in depth]}
        transforms: Any = {
            "framesZip": f"{self._service.storage}/frames.zip?token=abc",
            "compositeNodesZip": f"{self._service.storage}/nodes.zip?token=abc",
            "video": {},
            "framesZipOutputs": self._file_object(File("frames.zip", 0, b"PK")),
            "compositeNodesZipOutputs": self._file_object(File("nodes.zip", 0, b"PK")),
        }
        if self._variant.members == "required":
            transforms = {}
        new: dict[str, Any] = {}
        if self._variant.lists in ("both", "gaps"):
            new = {
                "frameOutputs": [self._file_object(one) for one in beauty],
                "compositeNodeOutputs": [self._file_object(one) for one in depth],
            }
        elif self._variant.lists == "empty_new":
            new = {"frameOutputs": [], "compositeNodeOutputs": []}
        for entries in new.values() if self._variant.lists == "gaps" else ():
            entries[-1:] = [{**one, "url": None} for one in entries[-1:]]
        answer = {**legacy, "transforms": transforms, **new}
        return self._wrapped(_odd_downloads(answer) if self._variant.members == "odd" else answer)

    # Inside

    def _wrapped(self, answer: Any, *, is_documented: bool = False) -> Any:
        if self._variant.envelope == "data" or (is_documented and self._variant.envelope == "documented"):
            return {"data": answer}
        return answer

    def _job(self, job: Job) -> dict[str, Any]:
        status = job.status
        required = {
            "id": job.id,
            "status": status,
            "workspaceId": WORKSPACE,
            "createdAt": _iso(job.created_at),
            "updatedAt": _iso(time.time(), timespec="milliseconds"),
        }
        if self._variant.members == "required":
            return required
        optional = {
            "userId": WORKSPACE,
            "rootFolderId": None,
            "normalizedSeconds": 12.5 if job.is_over else None,
            "previewUrl": self._preview(job),
            "failedReason": dict(zip(("name", "type"), self._variant.failure, strict=True))
            if self._variant.failure and status == "failed"
            else None,
            "requestedConfig": job.config,
            "finalConfig": self._variant.final if job.config else None,
            "output": {"isDeletedForClient": False},
            "isAnalysisSkipped": False,
            "analysisId": WORKSPACE,
            "analysis": self._variant.analysis if status not in ("created", "validating") else None,
            "sceneFile": "scene.blend",
        }
        return required | (_odd_job(optional) if self._variant.members == "odd" else optional)

    def _preview(self, job: Job) -> str | None:
        if not self._variant.preview or job.config is None:
            return None
        return self._link(File("preview.png", 0, self._variant.preview))

    def _counters(self, job: Job) -> dict[str, Any]:
        return {
            "jobId": job.id,
            "status": job.status,
            "framesTotal": len(job.frames),
            "framesCompleted": len(job.frames_done),
            "updatedAt": _iso(time.time()),
        }

    def _link(self, file: File) -> str:
        """A signed link, another one at each listing."""
        until = time.time() + self._variant.link_seconds
        sign = f"{hash((file.name, file.view, file.node)) & 0xFFFFFFFF:08x}.{time.monotonic_ns()}"
        folder = f"{file.view or 'all'}{file.node}"
        path = {
            "name": f"/{folder}/{quote(file.name)}?token={sign}",
            "query": f"/download?token={sign}&file={quote(f'jobs/{folder}/{file.name}', safe='')}",
            "opaque": f"/o/{sign.replace('.', '')}",
        }[self._variant.links]
        self.links[path] = Link(file.content, until)
        return f"{self._service.storage}{path}"

    def _file_object(self, file: File) -> dict[str, Any]:
        names = self._variant.names
        is_nameless = bool(file.node) and self._variant.node != "named"
        said = {
            "url": self._link(file),
            "fileName": file.name,
            "view": file.view or None,
            "legacy": False,
            "relativePath": f"{'nodes/Depth' if file.node else 'frames'}/",
            "compositeNodeName": file.node or "Composite",
        }
        if names == "path":
            said |= {"fileName": None, "relativePath": f"{said['relativePath']}{file.name}"}
        elif names == "windows":
            said |= {"relativePath": f"{said['relativePath']}{file.name}".replace("/", "\\")}
        elif names == "link":
            said = {"url": said["url"]}
        elif names == "encoded":
            said |= {"fileName": quote(f"{self._variant.name} {file.name}"), "relativePath": quote("für alle/")}
        if self._variant.node == "free" and file.node:
            said |= {"compositeNodeName": f"{file.node}: Z/1?", "relativePath": None}
        if is_nameless:
            said |= {"compositeNodeName": None, "relativePath": None}
        if self._variant.members == "required":
            said = {"url": said["url"]}
        return said


def _odd_job(optional: dict[str, Any]) -> dict[str, Any]:
    """Members of shapes that nobody has written down."""
    return optional | {
        "userId": 7,
        "normalizedSeconds": "a while",
        "previewUrl": {"small": None},
        "failedReason": [],
        "output": "kept",
        "isAnalysisSkipped": "perhaps",
        "analysisId": [],
        "finalConfig": 10**40,
        "sceneFile": "\ud800",
    }


def _odd_downloads(answer: dict[str, Any]) -> dict[str, Any]:
    for entry in answer["frameOutputs"]:
        entry |= {"view": 0, "legacy": "no", "compositeNodeName": [], "bytes": "many", "sha256": 5}
    answer["frameOutputs"] += [None, "https://nowhere.example/0099.png", {"fileName": "0098.png"}, []]
    answer["frames"] += [None, 5, {}]
    answer["transforms"] = {"video": "soon", "framesZip": {}, "framesZipOutputs": [], "compositeNodesZip": 1}
    return answer


def _iso(seconds: float, timespec: str = "seconds") -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
