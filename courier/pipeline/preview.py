"""The image that a service shows for a job, until its first frame is here: small, and verified to be an image."""

from __future__ import annotations

import logging
import struct
from contextlib import suppress
from pathlib import Path

from ...client import files
from ...client.cancellation import CancelToken, run_with_deadline
from ...client.errors import FarmhandError, Stopped
from ...client.transfer.download import fetch
from ..images import inspector
from ..images.png import SIGNATURE as PNG_SIGNATURE
from ..job.context import JobContext

MAX_BYTES = 8 * 1024 * 1024
MAX_SIDE = 8192
SECONDS = 10.0
"""A frame must not wait longer than this for a preview."""
_NAMES = {"PNG": "preview.png", "JPEG": "preview.jpg"}
_log = logging.getLogger(__name__)


def fetch_preview(context: JobContext, url: str) -> str:
    """Download the image to the job folder. Returns its name there, or "" if that failed. Raises Stopped."""
    partial = context.folder / "preview.part"
    given_up = CancelToken()
    try:
        run_with_deadline(
            lambda: fetch(
                url,
                partial,
                pool=context.pool,
                cancel=given_up,
                limit=context.limit,
                given_by=context.links_come_from,
                max_bytes=MAX_BYTES,
            ),
            SECONDS,
            context.control.token,
            given_up.cancel,
        )
        return _taken(partial)
    except Stopped:
        raise
    except (FarmhandError, TimeoutError, OSError, ValueError, struct.error) as error:
        _log.info("The preview could not be fetched: %s", type(error).__name__)
    finally:
        for file in (partial, Path(f"{partial}.version")):
            with suppress(OSError):
                files.remove(file, wait_seconds=0)
    return ""


def _taken(partial: Path) -> str:
    """Give the image its name. Raises ValueError when it is not an image that may be shown."""
    with partial.open("rb") as file:
        head = file.read(24)
    if head.startswith(PNG_SIGNATURE) and max(struct.unpack(">II", head[16:])) > MAX_SIDE:
        raise ValueError("too large")  # a few kilobytes can unpack to gigabytes
    header = inspector.inspect(partial)
    name = _NAMES.get(header.kind, "") if header else ""
    if header is None or not name or not (0 < header.width <= MAX_SIDE and 0 < header.height <= MAX_SIDE):
        raise ValueError("not a picture")
    files.replace(partial, partial.with_name(name))
    return name
