"""Every call of the API, one method each. Sends the key to the service's own address and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from . import answers, progress
from .cancellation import current_token, run_with_deadline
from .error_messages import call_refused, host_and_port, malformed_response, unreachable
from .error_words import looks_like_page, words_of
from .errors import LocalProblem, Malformed, Refused, Unreachable
from .message import msg
from .models import (
    OF_FARMS,
    CreateJobRequest,
    Downloads,
    FileType,
    Job,
    JobPage,
    RenderConfig,
    RenderRequest,
    StartedJob,
    UploadRequest,
    UploadTarget,
)
from .network.http_clients import HttpClient, HttpClients, read_body
from .network.network import NetworkSettings
from .network.service_address import checked_address, checked_key
from .progress import Counters, Progress
from .read_answers import counters, read, too_large
from .redaction import shown
from .tolerant import Answer, Model

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_DOWNLOADS_BYTES = 64 * 1024 * 1024
"""Allowed for any list of links: 20,000 frames, each in two lists, with links of 1.5 kB."""
FRAME_BYTES = 16 * 1024
"""Allowed in a list for each frame of the job, with its views and the files of compositor nodes."""
LONGEST_DOWNLOADS_BYTES = 384 * 1024 * 1024
"""The limit for any job: reading a list takes three to four times its length in memory."""
FILE_BYTES = 256
"""A list may have one file for each 256 bytes of its limit: entries that are short take 70 times their length."""
FILE_VALUES = 8
PAGE_SIZE = 50
HEARD_SECONDS = 1.0
"""A canceled call still gets this long: most calls end by then, so that we know their result."""
_MAX_REDIRECTS = 5
_NO_ANSWER = (httpx.HTTPError, TimeoutError, httpx.InvalidURL, UnicodeError)
"""The last two: httpx's errors for some redirects to an invalid address."""
REPLAY_HEADER = "X-Idempotent-Replay"
_FARM_HEADER = "X-Farmhand-Version"
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful response. is_unchanged: the answer that we already have is still valid, and was not sent again."""

    content: bytes | bytearray
    headers: Mapping[str, str]
    is_unchanged: bool = False


class Service:
    """A render service. Safe to share between threads; close it, or use it as a context manager.

    base_url: up to and including the version, such as https://api.renderjuice.com/api/external/v1.
    Every call may raise Unreachable, Refused (and its kinds) and Malformed; within `cancellable`, Stopped too.
    """

    def __init__(
        self,
        base_url: str,
        key: str = "",
        *,
        network: NetworkSettings | None = None,
    ) -> None:
        self.base_url = checked_address(base_url)
        self._key = checked_key(key)
        self._network = network or NetworkSettings()
        self._clients = HttpClients(self._network, self.base_url, self._key)
        self.is_farm = False
        """Whether the last answer came from a farm of Farmhand's own."""
        self.peer = ""
        """The IP address that the last answer came from; "" behind a proxy."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Service({self.base_url!r})"

    def close(self) -> None:
        self._clients.close()

    def request_upload(self, file_name: str, file_type: FileType) -> UploadTarget:
        """Where to PUT a package of this name. The type must match the name's extension."""
        if PurePath(file_name).suffix.lower() != f".{file_type}":
            raise LocalProblem(
                msg("The file name {name} does not end in .{extension}.", name=file_name, extension=file_type),
                "Nothing was sent.",
                "Rename the package.",
            )
        body = UploadRequest(file_name=file_name, file_type=file_type)
        return self._call("POST", "/uploads", UploadTarget, msg("get an upload link"), body)

    def create_job(self, slug: str) -> Job:
        """Create a job from what was uploaded."""
        return self._call("POST", "/jobs", Job, msg("create the job"), CreateJobRequest(slug=slug))

    def job(self, job_id: str) -> Job:
        return self._call("GET", _path(job_id), Job, msg("read the job's status"))

    def list_jobs(self, page: int = 1, page_size: int = PAGE_SIZE, status: str | None = None) -> JobPage:
        """One page of the workspace's jobs.

        Args:
            page: counts from 1.
            page_size: jobs on a page.
            status: one that the service uses; None for every job.

        Raises:
            FarmhandError: the service could not be asked, or refused.
        """
        query: dict[str, Any] = {"page": page, "pageSize": page_size} | ({"status": status} if status else {})
        doing = msg("list jobs")
        answer = self._decoded(self._exchange("GET", "/jobs", doing, None, query), doing)
        return read(JobPage, answers.page_of_jobs(answer), doing)

    def validate(self, job_id: str) -> Job:
        """Have the service check the file; only allowed in the status `created`."""
        return self._act(job_id, "validate", msg("check the file"))

    def render(self, job_id: str, config: RenderConfig) -> StartedJob:
        """Start rendering a validated job. Safe to repeat: a started job is returned as it is, with is_replay set."""
        doing = msg("start the render")
        if config.model_fields_set & OF_FARMS:
            self.job(job_id)  # any answer tells whether the service is a farm
            if not self.is_farm:
                config = config.of_contract()
        reply = self._exchange("POST", _path(job_id, "render"), doing, RenderRequest(requested_render_config=config))
        job = read(StartedJob, answers.unwrapped(self._decoded(reply, doing), Job.marks), doing)
        is_replay = reply.headers.get(REPLAY_HEADER, "").strip().lower() in ("true", "1", "yes")
        return job.model_copy(update={"is_replay": is_replay})

    def cancel(self, job_id: str) -> Job:
        """Stop a job that is still going."""
        return self._act(job_id, "cancel", msg("cancel the job"))

    def progress(self, job_id: str) -> list[Progress]:
        """Counters of one job, if the service has any; empty when nothing is running."""
        return [*self.next_progress(job_id, Counters()).entries]

    def next_progress(self, job_id: str, known: Counters, wait: int = 0) -> Counters:
        """Counters of one job, once they differ from those that we know.

        Args:
            job_id: the job.
            known: what an earlier call returned.
            wait: seconds that the service may wait for a change, if `known` says that it can; 0 to answer at once.
        """
        doing = msg("read the progress")
        headers = {"Prefer": f"wait={wait}", "If-None-Match": known.tag} if wait and known.tag else {}
        reply = self._exchange("GET", _path(job_id, "progress"), doing, headers=headers)
        if reply.is_unchanged:
            return replace(known, can_wait=progress.has_waited(reply.headers))
        entries = counters(self._decoded(reply, doing), doing)
        tag = progress.tag_of(reply.headers) if self.is_farm else ""
        can_wait = not headers or (progress.has_waited(reply.headers) and tag != known.tag)
        return Counters(tuple(entries), tag, can_wait and bool(tag))

    def all_progress(self) -> list[Progress]:
        """Counters of every running job, in one call."""
        doing = msg("read the progress")
        return counters(self._decoded(self._exchange("GET", "/jobs/progress", doing), doing), doing)

    def downloads(self, job_id: str, frames: int = 0) -> Downloads:
        """Signed links to what is ready so far. frames: how many the job has, if known; they allow a longer list."""
        most = min(max(MAX_DOWNLOADS_BYTES, frames * FRAME_BYTES), LONGEST_DOWNLOADS_BYTES)
        doing = msg("get download links")
        reply = self._exchange("GET", _path(job_id, "downloads"), doing, most=most)
        files = most // FILE_BYTES
        answer = self._decoded(reply, doing, files * FILE_VALUES)
        return read(Downloads, answers.unwrapped(answer, Downloads.marks), doing, files)

    # Inside

    def _call(
        self,
        method: str,
        path: str,
        kind: type[A],
        doing: str,
        body: Model | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> A:
        answer = self._decoded(self._exchange(method, path, doing, body, query), doing)
        return read(kind, answers.unwrapped(answer, kind.marks), doing)

    def _act(self, job_id: str, call: str, doing: str) -> Job:
        """A call whose answer is undocumented: if it is not a job, the job is read in a second call."""
        reply = self._exchange("POST", _path(job_id, call), doing)
        if not looks_like_page("", reply.content):
            with suppress(ValueError, RecursionError, answers.Oversized):
                return Job.read(answers.unwrapped(answers.decoded(reply.content), Job.marks))
            return self.job(job_id)
        return read(Job, self._decoded(reply, doing), doing)

    def _exchange(
        self,
        method: str,
        path: str,
        doing: str,
        body: Model | None = None,
        query: Mapping[str, Any] | None = None,
        most: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        client = self._clients.take()
        sent = None if body is None else body.to_wire()
        request = client.request(method, self.base_url + path, params=query, json=sent, headers=headers)
        try:
            response, content = run_with_deadline(
                lambda: self._send(client, request, doing, most or MAX_ANSWER_BYTES),
                self._network.call_seconds,
                current_token(),
                client.abort,
                patience=HEARD_SECONDS,
            )
        except _NO_ANSWER as error:
            raise unreachable(error, self.base_url) from error
        finally:
            self._clients.give_back(client)
        is_unchanged = response.status_code == httpx.codes.NOT_MODIFIED and "If-None-Match" in response.request.headers
        if not response.is_success and not is_unchanged:
            raise self._refusal(response, content, doing)
        self.is_farm = _FARM_HEADER in response.headers
        self.peer = client.peer
        return Reply(content, response.headers, is_unchanged)

    def _decoded(self, reply: Reply, doing: str, most: int = answers.MAX_VALUES) -> Any:
        """The JSON of an answer, whatever its content type. most: how many values it may have."""
        try:
            return answers.decoded(reply.content, most)
        except answers.Oversized:
            raise too_large(doing) from None
        except (ValueError, RecursionError):
            pass
        if looks_like_page(reply.headers.get("Content-Type", ""), reply.content):
            raise Malformed(
                msg(
                    "Received a web page instead of a response from {host}: {said}.",
                    host=host_and_port(self.base_url),
                    said=words_of(reply.content, self._key),
                ),
                "Something between this computer and the server answered instead, or the address belongs to another "
                "site.",
                "Log in to the network (hotel or guest Wi-Fi), or check the server address.",
            )
        raise malformed_response(msg("it is not JSON") if reply.content else msg("it is empty"), doing)

    def _send(
        self, client: HttpClient, request: httpx.Request, doing: str, most: int
    ) -> tuple[httpx.Response, bytearray]:
        """Send a request and read the whole answer, up to a limit; follow redirects to the same address."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = client.http.send(request, stream=True)
            try:
                content = read_body(response, doing, most)
            finally:
                response.close()
            follow_up = self._follow_up(client, response)
            if follow_up is None:
                return response, content
            request = follow_up
        raise Refused(
            msg("{host} redirects in a loop.", host=host_and_port(self.base_url)),
            "The request was not completed.",
            "Check the server address in Farmhand's preferences.",
        )

    def _follow_up(self, client: HttpClient, response: httpx.Response) -> httpx.Request | None:
        if not response.has_redirect_location:
            return None
        old = response.request
        target = old.url.join(response.headers["Location"])
        same_place = (target.scheme, target.host, target.port) == (old.url.scheme, old.url.host, old.url.port)
        if not same_place or (old.method != "GET" and response.status_code not in (307, 308)):
            raise Refused(
                msg(
                    "{host} redirects to {target}.",
                    host=host_and_port(self.base_url),
                    target=shown(str(target), self._key),
                ),
                "Farmhand does not follow the redirect, because the API key is only meant for the original address.",
                "If you trust the new address, enter it as the server in Farmhand's preferences.",
                status=response.status_code,
            )
        return client.request(old.method, target, content=old.read(), headers=_kept(old.headers))

    def _refusal(self, response: httpx.Response, content: bytes | bytearray, doing: str) -> Refused | Unreachable:
        return call_refused(
            response.status_code,
            response.headers,
            content,
            doing=doing,
            url=self.base_url,
            has_key=bool(self._key),
            secrets=(self._key,),
        )


def _kept(headers: httpx.Headers) -> dict[str, str]:
    return {"Content-Type": headers["Content-Type"]} if "Content-Type" in headers else {}


def _path(job_id: str, call: str = "") -> str:
    return f"/jobs/{quote(job_id, safe='')}" + (f"/{call}" if call else "")
