"""A server's own jobs, as the panel draws them. Does not use bpy."""

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
    """Jobs of one server, newest first, as far as they were requested.

    url: the server's, "" before the first query. status: the server's status that it is filtered by, or "".
    next_page: the following page, 0 if there is none. total: the number of jobs on all pages.
    is_asking: whether a query is pending; was_asked: whether an answer came. problem: why there is none, one sentence.
    known: IDs of renders in the job list, by the server's ID of their job.
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
        """The listing while a query is pending; the first page of a different query starts with an empty list.

        Args:
            url: of the server.
            status: of the requested jobs, "" for any.
            page: from 1.
        """
        if page > 1 or (url, status) == (self.url, self.status):
            return replace(self, is_asking=True, problem="")
        return ServerListing(url=url, status=status, is_asking=True)

    def answered(self, told: Mapping[str, Any], page: int) -> ServerListing:
        """With the jobs of a page: only those of the first one, or added to the previous ones."""
        before = self.jobs if page > 1 else ()
        found = {one.id: one for one in (*before, *map(server_jobs.read, told["jobs"]))}
        jobs = tuple(sorted(found.values(), key=lambda one: -one.created))
        next_page, total = int(told["next"]), max(int(told["total"]), len(jobs))
        return replace(self, jobs=jobs, next_page=next_page, total=total, is_asking=False, was_asked=True)

    def failed(self, problem: str) -> ServerListing:
        """The listing after a failed query; old jobs stay."""
        return replace(self, problem=problem, is_asking=False)

    def with_job(self, job: ServerJob) -> ServerListing:
        """With this job's current state."""
        return replace(self, jobs=tuple(job if one.id == job.id else one for one in self.jobs))

    def marked(self, snapshot: Snapshot) -> ServerListing:
        """With the jobs that are also in the job list: those with the same server and ID."""
        found = {
            part.job_id: row.submission.id
            for row in snapshot.rows
            for part in row.parts
            if part.server_url == self.url and part.job_id
        }
        return self if found == self.known else replace(self, known=MappingProxyType(found))


def ids(jobs: Iterable[ServerJob]) -> list[str]:
    """The names of the list's lines."""
    return [one.id for one in jobs]
