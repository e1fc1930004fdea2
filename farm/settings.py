"""The settings of a farm at its start. The only machine-dependent defaults are measured ones."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ..client.network import loopback
from .errors import CannotStart
from .options import ALWAYS, KEEP_DAYS

GIB = 1024**3
UPLOAD_LIMIT = 5 * GIB


@dataclass(frozen=True, slots=True)
class FarmSettings:
    """One farm.

    allow_add_ons: scripts in files run, and so do the add-ons that the user has enabled: for *This Computer* alone.
    blender: the command of a render Blender (an executable, or a Python that has bpy). workers: frames at a time.
    idle_exit: seconds without a request, a job or a webhook that is owed after which the farm ends, or None.
    prewarm: keep one Blender started for the next validation. keep_warm: seconds that a Blender which validated a
    file waits with it for the render to start. attempts: tries a frame has.
    keep_bytes: above this total, the oldest files of finished jobs are removed, None for no
    limit. reserve_bytes: that uploads leave free on the disk, None for a small share of it.
    objects: the bucket for files, as s3://bucket or s3://bucket/prefix, "" for a folder below data.
    keep_days: how long the files of finished jobs are kept, 0 for ever. first_removal: seconds from the start to the
    first removal of old files, so that a client that comes back late can still fetch its frames.
    confine: "auto" takes the strongest confinement of render Blenders that works, "required" starts no Blender without
    one, "off" confines none; names of ways (confine/confinement.py) are for trying them.
    cert, key: PEM files with which the farm itself serves HTTPS, None for HTTP. public_url: how clients reach the farm
    through a proxy, for the links that they are given, "" for the address that they called.
    own_files: all scenes belong to the user who runs the farm, as on *This Computer*.
    shortage_seconds: until the farm tries again when its disk is full or its descriptors are used up.
    backend: "local" renders here; "dask" on nodes, which are heard on node_host at node_port and the port after it (0:
    free ones), and of which those with blender_versions (cluster/nodes.py) of a scene's render it.
    own_node: the command of a node that the farm runs on its own computer beside the others, () for none.
    on_dask: the command of a program that starts nodes on the workers of a Dask cluster, () for none; scheduler: that
    cluster's, as tls://host:port.
    gpu_slots: each frame is rendered on one GPU, and no two at a time on the same.
    uses_keeper: a small process ends a Blender's whole group when this program ends (confine/keeper.py);
    Linux' kernel does it for a farm, and a job object on Windows.
    videos: when a completed job's preview video is made: "always" (at once), "on-request" (when fetched) or "never".
    frame_seconds: limit for one frame, None to derive it from the frames before (render/scheduling/frame_limits.py).
    open_seconds: limit for opening a file. memory_bytes: limit for one Blender.
    """

    data: Path
    blender: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    idle_exit: float | None = None
    prewarm: bool = False
    keep_warm: float = 600.0
    attempts: int = 3
    objects: str = ""
    keep_days: int = KEEP_DAYS
    keep_bytes: int | None = None
    reserve_bytes: int | None = None
    cert: Path | None = None
    key: Path | None = None
    public_url: str = ""
    first_removal: float = 300.0
    frame_seconds: float | None = None
    open_seconds: float = 900.0
    memory_bytes: int = field(default_factory=lambda: int(machine_memory() * 0.9))
    upload_limit: int = UPLOAD_LIMIT
    unpack_limit: int = 20 * GIB
    upload_seconds: float = 3600.0
    link_seconds: float = 3600.0
    confine: str = "auto"
    own_files: bool = False
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    webhook_on_fail: bool = False
    webhook_first_wait: float = 5.0
    shortage_seconds: float = 5.0
    allow_add_ons: bool = False
    backend: str = "local"
    node_host: str = "127.0.0.1"
    node_port: int = 0
    blender_versions: str = "same"
    own_node: tuple[str, ...] = ()
    on_dask: tuple[str, ...] = ()
    scheduler: str = ""
    videos: str = ALWAYS
    gpu_slots: bool = False
    uses_keeper: bool = sys.platform == "darwin"

    @property
    def scheme(self) -> str:
        return "https" if self.cert else "http"

    @property
    def public_host(self) -> str:
        """The host name that clients use through a proxy, "" for none."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        return loopback.is_loopback(self.host)


LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def machine_memory() -> int:
    """Bytes of memory in this machine."""
    return int(psutil.virtual_memory().total)


def checked_public_url(url: str) -> str:
    """The URL without a trailing slash, "" for none. Raises CannotStart if it is invalid or has a path."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
        raise CannotStart(f"“{url}” is not a valid public address. Write --public-url as https://farm.studio")
    return url.rstrip("/")
