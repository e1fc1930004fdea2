"""The requirements that a job's frames have for a machine, derived from what is known about the job."""

from __future__ import annotations

from ...state.records import JobRecord
from ...state.store import Store
from ..backend import Needs


def of_job(store: Store, job_id: str) -> Needs:
    job = store.get(job_id)
    version = str((job.analysis or {}).get("fileVersion") or "")
    return Needs(job_id, version, _uses_gpu(job), job.same_device, store.device_of(job_id))


def _uses_gpu(job: JobRecord) -> bool:
    """False if the job's settings or the file tell Cycles not to use GPUs."""
    asked = (job.config or {}).get("computeDeviceType") or (job.analysis or {}).get("device")
    return asked not in ("CPU", "NONE")
