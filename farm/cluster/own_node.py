"""The node that a farm runs on its own computer: a separate process, invited like any other, which ends with the
farm."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...client import files
from ...jobs.private_folder import write_private
from ...jobs.process.child_process import NO_WINDOW
from ..settings import FarmSettings
from . import x509
from .certificates import Authority

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 10.0
_END_SECONDS = 10.0


class OwnNode:
    """new_key: as for pairing (pairing/pairing_routes.py).
    is_known: of a key's id, whether the farm has such a key, revoked or not.
    """

    def __init__(
        self,
        settings: FarmSettings,
        authority: Authority,
        new_key: Callable[[str], str],
        is_known: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._authority = authority
        self._new_key = new_key
        self._is_known = is_known
        self._process: subprocess.Popen[bytes] | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self, port: int) -> None:
        """port: where the farm listens for nodes."""
        self._running = asyncio.create_task(self._run(port), name="the farm's own node")

    async def stop(self) -> None:
        """End it, and do not start it again."""
        if self._running is not None:
            self._running.cancel()
        if self._process is not None:
            await end(self._process)  # its keeper ends what it has started

    async def _run(self, port: int) -> None:
        while True:
            try:
                self._process = self._started(port)
                code = await asyncio.to_thread(self._process.wait)
                _log.error("The node of this computer ended with code %s; it is started again", code)
            except OSError as error:
                _log.error("The node of this computer could not be started (%s)", error)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _started(self, port: int) -> subprocess.Popen[bytes]:
        settings = self._settings
        data = settings.data / "node"
        data.mkdir(exist_ok=True)
        host = settings.node_host
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        words = [f"{host}:{port}", "--key", str(self._key()), "--data", str(data), "--slots", str(settings.workers)]
        words += ["--until-stdin-closes", "--confine", settings.confine]
        words += ["--own-files"] if settings.own_files else []
        with (data / "printed.log").open("wb") as log:
            return subprocess.Popen(
                [*settings.own_node, *words, "--blender", *settings.blender],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                creationflags=NO_WINDOW,
            )

    def _key(self) -> Path:
        """The node's key. A revoked one is kept, and the farm refuses its own computer; an unknown one is replaced."""
        name = socket.gethostname()[:100] or "This Computer"
        place = self._settings.data / "nodes" / "own-node.pem"
        return key_file(place, self._authority, self._new_key, name, self._is_known)


async def end(process: subprocess.Popen[Any]) -> None:
    """Close its standard input, which tells it that its parent has ended; kill it if it does not exit."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.to_thread(process.wait, _END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)


def key_file(
    path: Path,
    authority: Authority,
    new_key: Callable[[str], str],
    name: str,
    is_valid: Callable[[str], bool],
) -> Path:
    """A node's key that the farm itself uses, created once, and again if it is damaged or no longer valid.

    Args:
        path: where it is kept, readable for this user alone.
        authority: of the farm, which signs it.
        new_key: notes a key for a computer of this name, and returns its id.
        is_valid: of a key's id, whether it may be used still.

    Raises:
        OSError: the key cannot be read or written.
    """
    if path.exists():
        text = path.read_text("ascii", errors="replace")
        is_ours = text.endswith(authority.certificate.read_text("ascii"))
        if not (is_ours and is_valid(x509.subject(text))):
            files.remove(path)
    if not path.exists():
        text = authority.issue(new_key(name))
        with contextlib.suppress(FileExistsError):
            write_private(path, text)
    return path
