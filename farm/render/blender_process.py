"""One render Blender: its start, the conversation with it, its limits and its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..settings import GIB
from .backend import WorkFailed
from .load_report import LoadReport

_SCRIPT = Path(__file__).resolve().parent.parent / "worker" / "main.py"
_ARGUMENTS = (
    "--background", "--factory-startup", "--disable-autoexec", "--offline-mode", "--python-exit-code", "1", "--python",
)  # fmt: skip
_WITH_ADD_ONS = ("--background", "--enable-autoexec", "--python-exit-code", "1", "--python")
_START_SECONDS = 180.0
_MEMORY_CHECK_SECONDS = 1.0
_LONGEST_ANSWER = 64 * 1024 * 1024
_PROFILE, _TEMPORARY = "profile", "temporary"
_numbers = itertools.count(1)


class BlenderProcess:
    """A worker.  `ask` one thing at a time; after WorkFailed of the types "crashed" and "too_…" it is gone."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, memory_bytes: int) -> None:
        self._process = process
        self._folder = folder
        self._memory_bytes = memory_bytes
        self.load_report = LoadReport()

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        folder: Path,
        memory_bytes: int,
        color_config: Path | None = None,
        *,
        allow_add_ons: bool = False,
    ) -> BlenderProcess:
        """Start a Blender with a user folder of its own below `folder`.  Raises WorkFailed.

        color_config: an OpenColorIO config to use instead of Blender's own.
        allow_add_ons: it has the user's own settings and add-ons, and runs scripts.
        """
        folder = folder / f"{os.getpid()}-{next(_numbers)}"
        for part in (_PROFILE, _TEMPORARY):
            (folder / part).mkdir(parents=True)
        with (folder / "log.txt").open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *_command(command, allow_add_ons),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=folder,
                    env=_environment(folder, color_config, allow_add_ons),
                    limit=_LONGEST_ANSWER,
                    **_detached(),
                )
            except OSError as error:
                raise WorkFailed(
                    f"Blender could not be started with “{' '.join(command)}” ({error.strerror}).  "
                    "Start the farm with the command of a Blender that works.",
                    "no_blender",
                    is_final=True,
                ) from error
        worker = cls(process, folder, memory_bytes)
        try:
            await worker._answer(_START_SECONDS, "start")
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, do: str, seconds: float, **request: Any) -> dict[str, Any]:
        """Have something done within a time.  Raises WorkFailed; the process is gone when it crashed or was ended."""
        assert self._process.stdin is not None
        # The log is that of the last request: a long job's Blender prints without end.
        os.truncate(self._folder / "log.txt", 0)
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            await self._process.stdin.drain()
        answer = await self._answer(seconds, do)
        if not answer.pop("ok"):
            # What a Blender refuses by its nature it refuses again; what it raises may be chance.
            raise WorkFailed(answer["name"], answer["type"], is_final=answer["type"] != "blender_error")
        return answer

    def log_tail(self, size: int = 16 * 1024) -> str:
        """The end of what this Blender printed."""
        try:
            with (self._folder / "log.txt").open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - size))
                return log.read().decode("utf-8", "replace")
        except OSError:
            return ""

    async def end(self) -> None:
        """End it and its children at once, and remove its folder."""
        if self.is_alive:
            _kill_tree(self._process.pid)
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _answer(self, seconds: float, doing: str) -> dict[str, Any]:
        reading = asyncio.ensure_future(self._read_answer())
        watching = asyncio.ensure_future(self._outgrow())
        try:
            done, _ = await asyncio.wait({reading, watching}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if reading in done:
                return reading.result()
            _kill_tree(self._process.pid)
            await self._process.wait()
            if watching in done:
                raise WorkFailed(
                    f"Blender needed more than {self._memory_bytes / GIB:.1f} GiB of memory and was stopped.  "
                    "Make the scene lighter (textures, subdivision, resolution) or use a farm with more memory.",
                    "too_much_memory",
                )
            raise WorkFailed(f"Blender took longer than {_duration(seconds)} to {doing} and was stopped.", "too_slow")
        finally:
            reading.cancel()
            watching.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)

    async def _read_answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer
        code = await self._process.wait()
        raise WorkFailed(f"Blender ended unexpectedly ({_exit_words(code)}).", "crashed")

    async def _outgrow(self) -> None:
        """Returns once the process holds more memory than it may."""
        held = 0
        while held <= self._memory_bytes:
            await asyncio.sleep(_MEMORY_CHECK_SECONDS)
            held = _resident_bytes(self._process.pid)


def _command(command: Sequence[str], allow_add_ons: bool) -> list[str]:
    if Path(command[0]).name.lower().startswith("python"):
        return [*command, str(_SCRIPT)]
    return [*command, *(_WITH_ADD_ONS if allow_add_ons else _ARGUMENTS), str(_SCRIPT)]


def _environment(folder: Path, color_config: Path | None, allow_add_ons: bool) -> dict[str, str]:
    """The farm's own environment, without its keys, with an empty user folder and a folder for temporary files.

    allow_add_ons: the user folder is the user's own.

    A Blender that is ended at once leaves its temporary files: they go with its folder.
    """
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder / _TEMPORARY))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FARMHAND_")}
    colors = {"OCIO": str(color_config)} if color_config is not None else {}
    if not allow_add_ons:
        kept = {name: value for name, value in kept.items() if not name.startswith("BLENDER_")}
        kept["BLENDER_USER_RESOURCES"] = str(folder / _PROFILE)
    return {**kept, **temporary, **colors, "PYTHONUNBUFFERED": "1"}


def _detached() -> dict[str, Any]:
    """A group of its own: Ctrl-C in the farm's terminal is for the farm, and the whole group can be ended at once."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _kill_tree(pid: int) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _resident_bytes(pid: int) -> int:
    """Memory that a process holds, where the system tells without help (Linux)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _exit_words(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
