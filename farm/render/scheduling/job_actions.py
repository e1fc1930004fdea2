"""What people can do with an unfinished job, in the API, the farm's own calls and the web page alike."""

from __future__ import annotations

from ...errors import ApiError
from ...state import job_status
from ...state.store import Store
from .scheduler import Scheduler


class JobActions:
    """Each call checks the job's status, changes the store, and lets the scheduler know. The job must exist."""

    def __init__(self, store: Store, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler

    async def cancel(self, job_id: str) -> None:
        """The job's processes are gone when this returns. Raises ApiError (400)."""
        job_status.check_cancel(self._store.get(job_id).status)
        self._store.move(job_id, job_status.CANCELED)
        await self._scheduler.cancel(job_id)

    def change(self, job_id: str, **changes: bool | int) -> None:
        """Change its priority, pause or resume it, render its ends first. Raises ApiError (400)."""
        status = self._store.get(job_id).status
        if status in job_status.OVER:
            raise ApiError(400, "job_is_over", f"Only an unfinished job can be changed; this one is {status}.")
        if changes:
            self._store.change(job_id, **changes)
            self._scheduler.requeue(job_id)

    def retry(self, job_id: str) -> None:
        """Render the missing frames of a job that failed while rendering. Raises ApiError (400)."""
        if not self._store.retry(job_id):
            raise ApiError(400, "nothing_to_retry", "Only a job that failed while it rendered can be retried.")
        self._scheduler.render(job_id)
