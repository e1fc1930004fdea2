"""The render service's REST API: models, calls, transfers, errors, webhooks. Knows no bpy.

    from farmhand.client import Service

    with Service("https://render.example/api/external/v1", key) as service:
        for job in service.list_jobs().jobs:
            print(job.id, job.status)

Names are loaded when first used, so that code inside Blender can import a part that needs no library (errors,
frame_ranges) without loading httpx and pydantic there.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cancellation import CancelToken as CancelToken
    from .errors import FarmhandError as FarmhandError
    from .models import Downloads as Downloads
    from .models import FrameOutput as FrameOutput
    from .models import Job as Job
    from .models import JobPage as JobPage
    from .models import RenderConfig as RenderConfig
    from .models import UploadTarget as UploadTarget
    from .network.network import NetworkSettings as NetworkSettings
    from .progress import Progress as Progress
    from .service import Service as Service
    from .transfer.connections import ConnectionPool as ConnectionPool
    from .transfer.download import fetch as fetch
    from .transfer.upload import put_file as put_file

_HOME = {
    "CancelToken": "cancellation",
    "ConnectionPool": "transfer.connections",
    "FarmhandError": "errors",
    "Downloads": "models",
    "FrameOutput": "models",
    "Job": "models",
    "JobPage": "models",
    "Progress": "progress",
    "RenderConfig": "models",
    "UploadTarget": "models",
    "NetworkSettings": "network.network",
    "Service": "service",
    "fetch": "transfer.download",
    "put_file": "transfer.upload",
}
__all__ = [
    "CancelToken",
    "ConnectionPool",
    "Downloads",
    "FarmhandError",
    "FrameOutput",
    "Job",
    "JobPage",
    "NetworkSettings",
    "Progress",
    "RenderConfig",
    "Service",
    "UploadTarget",
    "fetch",
    "put_file",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
