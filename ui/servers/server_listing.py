"""A server's own jobs, as the panel draws them. Knows no bpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ...jobs import server_jobs
from ...jobs.server_jobs import ServerJob
from ..jobs.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ServerListing:
    """Jobs of one server, newest first, as far as they were asked for.

    url: the server's, "" before anything was asked. status: the server's word that it was filtered by, or "".
    next_page: the page that follows, 0 when there is none. total: how many jobs there are with all pages.
    is_asking: whether an answer is awaited; was_asked: whether one came. problem: why there is none, one sentence.
    known: ids of renders in the job list, by the server's id of their job.
    """

    url: str = ""
    status: str = ""
    jobs: tuple[ServerJob, ...] = ()
    next_page: int = 0
    total: int = 0
    is_asking: bool = False
    was_asked: bool = False
    problem: str = ""
    known: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def asking(self, url: str, status: str, page: int) -> ServerListing:
        """While an answer is awaited; a first page of another question begins with an empty list.

        Args:
            url: of the server.
            status: of the jobs that are asked for, "" for any.
            page: from 1.
        """
        if page > 1 or (url, status) == (self.url, self.status):
            return replace(self, is_asking=True, problem="")
        return ServerListing(url=url, status=status, is_asking=True)

    def answered(self, told: Mapping[str, Any], page: int) -> ServerListing:
        """With the jobs of a page: of the first one alone, or added to those before."""
        before = self.jobs if page > 1 else ()
        found = {one.id: one for one in (*before, *map(server_jobs.read, told["jobs"]))}
        jobs = tuple(sorted(found.values(), key=lambda one: -one.created))
        next_page, total = int(told["next"]), max(int(told["total"]), len(jobs))
        return replace(self, jobs=jobs, next_page=next_page, total=total, is_asking=False, was_asked=True)

    def failed(self, problem: str) -> ServerListing:
        """No answer came; what was listed before stays."""
        return replace(self, problem=problem, is_asking=False)

    def with_job(self, job: ServerJob) -> ServerListing:
        """With this job as it is now."""
        return replace(self, jobs=tuple(job if one.id == job.id else one for one in self.jobs))

    def marked(self, snapshot: Snapshot) -> ServerListing:
        """With those known that are in the job list: a job is the same where server and id are."""
        found = {
            part.job_id: row.submission.id
            for row in snapshot.rows
            for part in row.parts
            if part.server_url == self.url and part.job_id
        }
        return self if found == self.known else replace(self, known=MappingProxyType(found))


def ids(jobs: Iterable[ServerJob]) -> list[str]:
    """What the lines of the list are called."""
    return [one.id for one in jobs]
