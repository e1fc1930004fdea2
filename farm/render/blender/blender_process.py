"""One render Blender: its start, the conversation with it, its limits and its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....client import plain_text
from ...confine import confinement, environment, job_object
from ...confine.confinement import OFF, Level
from ...confine.places import Places
from ...settings import GIB
from ..backend import TOO_SLOW, WorkFailed
from . import answer_lines, deleted_files, process_tree, worker_answers
from .lifeline import Lifeline
from .load_report import LOG_BYTES, LoadReport
from .process_folder import ProcessFolder
from .process_log import ProcessLog
from .uncanceled import finished

WORKER = Path(__file__).resolve().parents[2] / "worker"
_ARGUMENTS = (
    "--background", "--factory-startup", "--disable-autoexec", "--offline-mode", "--python-exit-code", "1", "--python",
)  # fmt: skip
_WITH_ADD_ONS = ("--background", "--enable-autoexec", "--python-exit-code", "1", "--python")
_NICENESS = "10"
_START_SECONDS = 180.0
_END_SECONDS = 10.0
_CHECK_SECONDS = 1.0
_DISK_EVERY = 10
_NO_SUCH_PROGRAM = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.EPERM, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class Limits:
    """memory, disk, file: bytes, for all processes of a worker, for all that it writes, for one file.

    processes: at a time; a render Blender is one, its wrappers are a few.
    """

    memory: int
    disk: int = 200 * GIB
    file: int = 64 * GIB
    processes: int = 16

    @property
    def most_memory(self) -> int:
        """Bytes at which the system refuses memory: above the limit, so that the farm ends it first, with a reason."""
        return self.memory * 5 // 4 + GIB


@dataclass(frozen=True, slots=True)
class Start:
    """How to start a worker.

    readable: what every worker of this command may read. runs_python: also answers the request "run", which tests
    the confinement. color_config: an OpenColorIO config to use in place of Blender's own.
    is_own: all files are those of the farm's user. allow_add_ons: the user's own settings and add-ons, and scripts of
    files; only where nothing is confined. uses_keeper: a small process ends the worker's group when this one ends.
    """

    command: Sequence[str]
    level: Level
    readable: tuple[Path, ...]
    limits: Limits
    runs_python: bool = False
    color_config: Path | None = None
    is_own: bool = False
    allow_add_ons: bool = False
    uses_keeper: bool = False

    @property
    def is_unbound(self) -> bool:
        """Whether only memory is limited: the user's own drivers, add-ons and scripts may need everything else."""
        return self.level.name == OFF and self.is_own


class BlenderProcess:
    """A worker. `ask` one thing at a time; after WorkFailed it may have ended, as `is_alive` says."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        folder: ProcessFolder,
        start: Start,
        lifeline: Lifeline,
        log: ProcessLog,
    ) -> None:
        self.folder = folder
        self._lifeline = lifeline
        self._process = process
        self.load_report = LoadReport()
        self.gpu: int | None = None
        """The number of the GPU that it rendered on last, where slots have one each."""
        self.unprotected = ""
        """What of its confinement does not work here; empty if all of it does."""
        self._limits = start.limits
        self._is_unbound = start.is_unbound
        processes = 0 if start.is_unbound else start.limits.processes
        self._job = job_object.bound(process.pid, start.limits.most_memory, processes)
        self._answers = 0
        self._log = log
        assert process.stderr is not None
        self._logging = asyncio.create_task(log.keep(process.stderr))

    @classmethod
    async def start(cls, start: Start, folder: ProcessFolder) -> BlenderProcess:
        """Start a Blender that sees only this folder of the farm. Raises WorkFailed, OSError."""
        if shutil.which(start.command[0]) is None:
            raise _no_blender(start, "it is not there, or cannot be run")
        lifeline, log = Lifeline(start.uses_keeper), ProcessLog()
        try:
            # asyncio may wait forever for a program whose start was canceled (CPython 3.11): what it started keeps the
            # pipes open, and is ended only below.
            process, canceled = await finished(_begun(start, folder, lifeline, log))
        except BaseException:
            lifeline.cut()
            await asyncio.to_thread(folder.remove)
            raise
        lifeline.handed_over()
        worker = cls(process, folder, start, lifeline, log)
        try:
            if canceled is not None:
                raise canceled
            started = await worker._answer(_START_SECONDS, "start")
            if not start.is_unbound:
                await asyncio.to_thread(process_tree.end_first_without_memory, process.pid)
            worker.unprotected = start.level.unprotected(started.get("limited") or ())
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, do: str, seconds: float, **request: Any) -> dict[str, Any]:
        """Send a request with a time limit. Raises WorkFailed; the process is gone if it crashed or was ended."""
        assert self._process.stdin is not None
        self._log.clear()  # left over from the last request
        # Without drain(), which never returns if Blender hangs; the answer has a time limit.
        self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
        answer = await self._answer(seconds, do)
        if answer.pop("ok", False) is not True:
            raise worker_answers.failure(answer)
        return answer

    def log_tail(self, size: int = 16 * 1024) -> str:
        """The end of what this Blender printed, without local paths and unprintable characters."""
        told = self._log.tail(size).replace("\r\n", "\n")
        return plain_text.printable(self.folder.without_places(told))[-size:]

    async def log_of_answer(self) -> str:
        """Everything that it printed before its last answer, which uses another pipe and may arrive sooner."""
        await self._log.arrived(self._answers)
        return await asyncio.to_thread(self.log_tail, LOG_BYTES)

    async def end(self) -> None:
        """End it and its children at once, and remove its folder."""
        await self._kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        job_object.close(self._job)
        self._logging.cancel()
        await asyncio.gather(self._logging, return_exceptions=True)
        await asyncio.to_thread(self.folder.remove)

    async def _kill(self) -> None:
        self._lifeline.cut()
        if self.is_alive:
            await asyncio.to_thread(process_tree.kill, self._process.pid)
            try:
                await asyncio.wait_for(self._process.wait(), _END_SECONDS)
            except TimeoutError:
                process_tree.kill_group(self._process.pid)
        await self._process.wait()

    async def _answer(self, seconds: float, doing: str) -> dict[str, Any]:
        reading = asyncio.ensure_future(self._read_answer())
        watching = asyncio.ensure_future(self._outgrow())
        try:
            done, _ = await asyncio.wait({reading, watching}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if reading in done:
                return reading.result()
            await self._kill()
            if watching in done:
                raise watching.result()
            raise WorkFailed(_too_slow(seconds, doing), TOO_SLOW)
        finally:
            reading.cancel()
            watching.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)

    async def _read_answer(self) -> dict[str, Any]:
        """The next answer. Before the first one, Blender and what starts it print there too."""
        assert self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                answer = await answer_lines.read(line)
                if answer is not None:
                    self._answers += 1
                    return answer
                if self._answers:  # a worker that was taken over might print such lines for as long as it may work
                    await self._kill()
                    raise worker_answers.strange()
        except ValueError:
            await self._kill()
            raise WorkFailed("Blender's answer was too long.", "bad_answer") from None
        code = await self._process.wait()
        raise WorkFailed(f"Blender ended unexpectedly ({_exit_words(code)}).", "crashed")

    def _used_disk(self) -> int:
        used = self.folder.used_bytes(self._limits.disk)
        return used + deleted_files.held_bytes(self._process.pid, self.folder.root)

    async def _outgrow(self) -> WorkFailed:
        """Returns once the process uses more memory than it may."""
        checks = 0
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            checks += 1
            processes, memory = await asyncio.to_thread(process_tree.held, self._process.pid)
            if memory > self._limits.memory:
                return WorkFailed(
                    f"Blender needed more than {self._limits.memory / GIB:.1f} GiB of memory and was stopped. "
                    "Simplify the scene (textures, subdivision, resolution) or use a farm with more memory.",
                    "too_much_memory",
                )
            if self._is_unbound:
                continue
            if processes > self._limits.processes:
                return WorkFailed("Blender started other programs and was stopped.", "too_many_processes")
            if checks % _DISK_EVERY == 0:
                most = self._limits.disk
                if await asyncio.to_thread(self._used_disk) > most:
                    return WorkFailed(f"Blender wrote more than {most / GIB:.0f} GiB and was stopped.", "too_much_disk")


async def _begun(
    start: Start, folder: ProcessFolder, lifeline: Lifeline, log: ProcessLog
) -> asyncio.subprocess.Process:
    """Raises WorkFailed where there is no such program, OSError."""
    await asyncio.to_thread(folder.create)
    command, around = _confined(start, folder, lifeline.number, log.end_of_answer)
    try:
        return await asyncio.create_subprocess_exec(
            *lifeline.kept([*_low_priority(start), *command]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder.temporary,
            env=around,
            limit=answer_lines.LONGEST,
            pass_fds=lifeline.inherited(),
            **_detached(start),
        )
    except OSError as error:
        if error.errno not in _NO_SUCH_PROGRAM:
            raise
        raise _no_blender(start, str(error.strerror)) from error


def _confined(
    start: Start, folder: ProcessFolder, lifeline: int | None, end_of_log: str
) -> tuple[list[str], dict[str, str]]:
    """The whole command, and the environment to start it with."""
    limits = {"memory": start.limits.most_memory, "file": start.limits.file}
    seen = Places((*start.readable, folder.package), (folder.output, folder.temporary, folder.home, folder.cache))
    options = {
        "limits": None if start.is_unbound else limits,
        "filter": start.level.filters_calls,
        "sharedMemory": bool(seen.devices),  # GPU drivers may need it
        "runsPython": start.runs_python,
        "lifeline": lifeline,
        "endOfLog": end_of_log,
    }
    is_python = Path(start.command[0]).name.lower().startswith("python")
    arguments = () if is_python else _WITH_ADD_ONS if start.allow_add_ons else _ARGUMENTS
    command = [*start.command, *arguments, str(WORKER / "main.py"), "--", json.dumps(options)]
    if start.is_unbound:
        inside = environment.whole(None if start.allow_add_ons else folder.home, folder.temporary)
    else:
        inside = environment.scrubbed(folder.home, folder.temporary, folder.cache)
    if start.color_config is not None:
        inside |= dict.fromkeys(("OCIO", "BLENDER_OCIO"), str(start.color_config))
    return confinement.wrap(start.level, command, seen, inside, folder.temporary)


def _no_blender(start: Start, why: str) -> WorkFailed:
    return WorkFailed(
        f"Blender could not be started with “{' '.join(start.command)}” ({why}). "
        "Start the farm with the command of a Blender that works.",
        "no_blender",
        is_final=True,
    )


def _detached(start: Start) -> dict[str, Any]:
    """A separate process group: Ctrl-C in a terminal reaches only the farm, and the group can be ended as a whole."""
    if sys.platform == "win32":
        priority = subprocess.BELOW_NORMAL_PRIORITY_CLASS if start.is_own else 0
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | priority}
    return {"start_new_session": True}


def _low_priority(start: Start) -> list[str]:
    """The artist's own programs have priority. On Windows, a flag does this."""
    nice = shutil.which("nice") if start.is_own and sys.platform != "win32" else None
    return [nice, "-n", _NICENESS] if nice else []


def _too_slow(seconds: float, doing: str) -> str:
    if doing != "render":
        return f"Blender took longer than {_duration(seconds)} to {doing} and was stopped."
    return (
        f"The frame was still rendering after {_duration(seconds)} and was stopped. If it needs that long, "
        "ask the farm's administrator for a longer limit (--frame-limit); otherwise simplify the scene."
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _exit_words(code: int) -> str:
    """A wrapper reports a signal as 128 plus its number."""
    number = -code if code < 0 else code - 128
    if number > 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(number).name
    return f"exit code {code}"
