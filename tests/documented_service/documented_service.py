"""A render service written from the API's documents alone (contract.md and its samples), with the standard library.

It renders nothing: its frames are made here. It insists on what the documents say of requests, and `faults` lists what
a client did wrong. What the documents leave open, a Variant decides. Shares no code and no model with Farmhand.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from documented_answers import Answers
from documented_jobs import Job, Upload
from documented_variants import Variant

BASE = "/api/external/v1"
KEY = "RJ-documented-0001"
CONFIG = {
    *("colorManagementPreset", "frameRanges", "notes", "renderEngine", "compositorDevice", "computeDeviceType"),
    *("gpuCount", "sampleCount", "denoisingEnabled", "denoiserType", "resolution", "resolutionPercentage"),
    *("outputFormat", "fps", "useTiling", "tileSize", "outputSettings", "minimumRam"),
}
STORAGE_HEADERS = {"host", "content-length", "user-agent", "accept", "accept-encoding", "connection", "range"}
STORAGE_HEADERS |= {"if-range"}


class Refusal(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class DocumentedService:
    """The service's state. url: for a client. faults: requests that are not as documented."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.guard = threading.RLock()
        self.uploads: dict[str, Upload] = {}
        self.jobs: dict[str, Job] = {}
        self.calls: list[tuple[float, str]] = []
        self.faults: list[str] = []
        self.troubled: set[str] = set()
        self.url = self.storage = ""
        self.answers = Answers(self)

    @property
    def job(self) -> Job:
        """The one job that was rendered."""
        (job,) = (one for one in self.jobs.values() if one.config is not None)
        return job

    def count(self, call: str) -> int:
        return sum(call == one for _, one in self.calls)

    # Calls

    def post_uploads(self, body: Any) -> Any:
        if set(body) != {"fileName", "fileType"} or body["fileType"] not in ("blend", "zip"):
            raise Refusal(400, "fileName and fileType are required")
        if not body["fileName"] or not body["fileName"].lower().endswith(f".{body['fileType']}"):
            raise Refusal(400, "fileType must match the extension")
        upload = Upload(str(uuid.uuid4()))
        is_expired = self.variant.upload == "clock" or (self.variant.upload == "expired" and not self.uploads)
        upload.expires = time.time() + (-60 if is_expired else 900)
        self.uploads[upload.slug] = upload
        return self.answers.upload(upload)

    def post_jobs(self, body: Any) -> Any:
        upload = self.uploads.get(body.get("slug", ""))
        if set(body) != {"slug"} or upload is None or upload.size is None:
            raise Refusal(400, "Nothing was uploaded for this slug")
        job = Job(self.variant, str(uuid.uuid4()))
        self.jobs[job.id] = job
        return self.answers.job(job)

    def get_jobs(self, page: int, status: str | None) -> Any:
        if page < 1:
            raise Refusal(400, "Pages count from 1")
        return self.answers.page([one for one in self.jobs.values() if status in (None, one.status)], page)

    def post_validate(self, job: Job) -> Any:
        if job.status != "created" or job.validated_at:
            raise Refusal(400, "The job is already validating or validated")
        job.validated_at = time.time()
        return self.answers.acted(job)

    def post_render(self, job: Job, body: Any) -> tuple[Any, bool]:
        config = body.get("requestedRenderConfig")
        if not isinstance(config, dict) or not config or config.get("colorManagementPreset") not in ("default", "aces"):
            raise Refusal(400, "requestedRenderConfig must have a colorManagementPreset")
        if unknown := set(config) - CONFIG:
            raise Refusal(400, f"Unknown members: {sorted(unknown)}")
        if self.variant.is_replay and job.config is None and job.status == "validated":
            job.start({"colorManagementPreset": "aces", "sampleCount": 4096, "notes": "someone else"})
        if job.config is not None:
            return self.answers.job(job), True
        if job.status != "validated":
            raise Refusal(400, "The job is not validated")
        job.start(config)
        return self.answers.job(job), False

    def post_cancel(self, job: Job) -> Any:
        if job.is_over:
            raise Refusal(400, "The job is over")
        job.canceled = True
        return self.answers.acted(job)

    def get_downloads(self, job: Job) -> Any:
        if self.variant.ready == "refused" and not job.frames_listed:
            raise Refusal(409, "Downloads are available once the job is completed")
        return self.answers.downloads(job)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers and status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Api(_Handler):
    def _serve(self) -> None:
        service, raw = self.server.service, self._body()
        address = urlsplit(self.path)
        parts = [unquote(part) for part in address.path.removeprefix(BASE).split("/")[1:]]
        call = f"{self.command} /" + "/".join("{id}" if part in service.jobs else part for part in parts)
        with service.guard:
            service.calls.append((time.time(), call))
            trouble = self._trouble(call)
            if trouble:
                return self._send(*trouble[:2], **trouble[2])
            try:
                self._check_key(address.path)
                body = json.loads(raw) if raw else {}
                status, answer, headers = self._answer(call, parts, body, parse_qs(address.query))
            except Refusal as refusal:
                status, answer, headers = refusal.status, {"message": str(refusal)}, {}
                if refusal.status == 400 and "already" not in str(refusal):
                    service.faults.append(f"{call}: {refusal}")
        if answer is None:
            return self._send(204, b"")
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        return self._send(status, content, Content_Type=service.variant.content_type, **headers)

    do_GET = do_POST = _serve

    def _check_key(self, path: str) -> None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refusal(401, "Invalid API key")
        if not path.startswith(f"{BASE}/"):
            raise Refusal(404, "Not found")

    def _answer(
        self, call: str, parts: list[str], body: Any, query: dict[str, list[str]]
    ) -> tuple[int, Any, dict[str, str]]:
        service = self.server.service
        created = service.variant.created_status
        if call == "POST /uploads":
            return created, service.post_uploads(body), {}
        if call == "POST /jobs":
            return created, service.post_jobs(body), {}
        if call == "GET /jobs":
            return 200, service.get_jobs(int(query.get("page", ["1"])[0]), query.get("status", [None])[0]), {}
        if call == "GET /jobs/progress":
            return 200, service.answers.progress(list(service.jobs.values()), is_bulk=True), {}
        job = service.jobs.get(parts[1]) if len(parts) > 1 and parts[0] == "jobs" else None
        if job is None:
            raise Refusal(404, "No such job")
        return self._answer_of_job(call, job, body)

    def _answer_of_job(self, call: str, job: Job, body: Any) -> tuple[int, Any, dict[str, str]]:
        service = self.server.service
        if call == "GET /jobs/{id}":
            return 200, service.answers.job(job, is_asked=True), {}
        if call == "POST /jobs/{id}/validate":
            return 200, service.post_validate(job), {}
        if call == "POST /jobs/{id}/render":
            answer, is_replay = service.post_render(job, body)
            return 200, answer, {"X_Idempotent_Replay": "true"} if is_replay else {}
        if call == "POST /jobs/{id}/cancel":
            return 200, service.post_cancel(job), {}
        if call == "GET /jobs/{id}/progress":
            if service.variant.progress == "broken":
                raise Refusal(405, "Not here")
            return 200, service.answers.progress([job], is_bulk=False), {}
        if call == "GET /jobs/{id}/downloads":
            return 200, service.get_downloads(job), {}
        raise Refusal(404, "Not found")

    def _trouble(self, call: str) -> tuple[int, bytes, dict[str, str]] | None:
        """The first call of each kind meets a fault that passes."""
        service = self.server.service
        if not service.variant.trouble or call in service.troubled:
            return None
        service.troubled.add(call)
        return {
            "json": (503, b'{"errors": [{"detail": "Deploying"}]}', {"Content_Type": "application/json"}),
            "text": (500, b"upstream timed out", {"Content_Type": "text/plain"}),
            "html": (502, b"<html><head><title>502 Bad Gateway</title></head></html>", {"Content_Type": "text/html"}),
            "wait": (429, b'{"message": "Slow down"}', {"Retry_After": "1"}),
        }[service.variant.trouble]


class _Storage(_Handler):
    """Object storage, at an address of its own: a link is all it knows."""

    def do_PUT(self) -> None:
        service = self.server.service
        length = self.headers.get("Content-Length")
        self._check_headers()
        size = len(self._body())
        if self._fails_once("PUT"):
            return self._send(503, b"<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>")
        upload = service.uploads.get(urlsplit(self.path).path.strip("/"))
        if upload is None or upload.size is not None or self.headers.get("Transfer-Encoding") or not length:
            service.faults.append(f"PUT {self.path}: not one whole file")
            return self._send(400, b"<Error><Code>InvalidRequest</Code></Error>", Content_Type="application/xml")
        if upload.expires < time.time() and service.variant.upload != "clock":
            service.faults.append("PUT to a link that had expired")
            return self._send(403, b"<Error><Message>Request has expired</Message></Error>")
        upload.size = size
        return self._send(200, b"")

    def do_GET(self) -> None:
        service = self.server.service
        self._check_headers()
        with service.guard:
            link = service.answers.links.get(self.path)
        if link is None or time.time() > link.until:
            return self._send(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        if self._fails_once("GET"):
            return self._send(500, b"<Error><Code>InternalError</Code></Error>")
        time.sleep(service.variant.storage_seconds)
        if service.variant.storage_length:
            return self._send(200, link.content, Content_Type="application/octet-stream")
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(link.content), 1000):
            piece = link.content[start : start + 1000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _fails_once(self, method: str) -> bool:
        service = self.server.service
        with service.guard:
            is_first = bool(service.variant.trouble) and method not in service.troubled
            service.troubled.add(method)
        return is_first

    def _check_headers(self) -> None:
        if other := {name.lower() for name in self.headers} - STORAGE_HEADERS:
            self.server.service.faults.append(f"Storage was sent {sorted(other)}")


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    service: DocumentedService

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no concern of ours."""


@contextmanager
def serving(variant: Variant) -> Iterator[DocumentedService]:
    """The service and its storage, on two ports of this computer."""
    service = DocumentedService(variant)
    with _Listener(("127.0.0.1", 0), _Api) as api, _Listener(("127.0.0.1", 0), _Storage) as storage:
        for listener in (api, storage):
            listener.service = service
            threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        service.url = f"http://127.0.0.1:{api.server_address[1]}{BASE}"
        service.storage = f"http://127.0.0.1:{storage.server_address[1]}"
        yield service
        api.shutdown()
        storage.shutdown()
