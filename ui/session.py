"""The state of one Blender session besides the journal: reports, checks, connections, packages. Does not use bpy."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..client.errors import FarmhandError
from ..jobs.journal.journal_file import JournalLost
from ..jobs.journal.submission import State, Submission
from ..jobs.user_folder import UserFolder
from .jobs.job_row import UNAUTHORIZED, is_waiting_for_server
from .jobs.journal_picture import JournalPicture
from .jobs.snapshot import Snapshot
from .request.check_result import Check
from .request.packing_queue import Packing, PackingQueue
from .servers.node_listing import NodeListing
from .servers.server_listing import ServerListing


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A server's last answer to a test or to a job.

    is_good: None while a test runs. text: one sentence. is_refused: whether it refused the key.
    """

    is_good: bool | None
    text: str = ""
    is_refused: bool = False


@dataclass(slots=True)
class Reports:
    """What the watch reports at its next tick.

    notes: level ("INFO", "WARNING", "ERROR") and text. news: submissions that ended or that need the user.
    is_hidden: whether the user hid the progress with Esc; a new submission shows it again.
    """

    notes: list[tuple[str, str]] = field(default_factory=list)
    news: list[Submission] = field(default_factory=list)
    is_hidden: bool = False

    def __bool__(self) -> bool:
        return bool(self.notes or self.news)

    def drop(self) -> None:
        """Discard all reports, and show no progress."""
        self.notes.clear()
        self.news.clear()
        self.is_hidden = True


@dataclass(slots=True)
class Checks:
    """by_scene: the last dry run of each scene, emptied when another file is opened. edits: of the open file."""

    by_scene: dict[str, Check] = field(default_factory=dict)
    edits: int = 0


@dataclass(slots=True)
class Arrivals:
    """Frames on their way into the open file.

    comparisons: submissions that render a frame here for comparison: the ID of its render, and the frame's path.
    readers: child processes that read both files of a comparison, by its ID.
    compared: the sentence for a render's comparison, by the ID of the render.
    videos: submissions whose video was requested and will be added to the open file.
    video_runs: submissions that run only for their video, so that their frames are not reported again.
    followed: generation of the snapshot that was last handled.
    is_file_behind: whether frames wait until a tool or a render of Blender has finished with the file.
    """

    comparisons: dict[str, tuple[str, str]] = field(default_factory=dict)
    readers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    compared: dict[str, str] = field(default_factory=dict)
    videos: set[str] = field(default_factory=set)
    video_runs: set[str] = field(default_factory=set)
    followed: int = -1
    is_file_behind: bool = False


@dataclass(slots=True)
class ListedJobs:
    """ids: lines of the job list, filtered and sorted. made_for: `JournalPicture.listing` and the file it shows.
    chosen: ids of the jobs with a check mark."""

    ids: list[str] = field(default_factory=list)
    chosen: set[str] = field(default_factory=set)
    made_for: tuple[int, str] = (-1, "")


class Closable(Protocol):
    """Something that holds Blender's memory, and must be closed."""

    def close(self) -> None: ...


READING_SECONDS = 0.8
"""How long Blender is given to read a picture in the background."""


@dataclass(slots=True)
class Thumbnails:
    """icons: of the latest frames, by path: icon number, and which version of the file it was loaded for.

    shown, coming: by render: the frame in view, and the newer one that Blender is loading, with its start time.
    loader: loads them; only Blender has it.
    """

    icons: dict[str, tuple[int, int]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    coming: dict[str, tuple[str, float]] = field(default_factory=dict)
    loader: Closable | None = None

    def show_newer(self, render: str, latest: str, now: float) -> bool:
        """Put a render's latest frame in view once Blender has had time to load it.

        Until then, the previous frame stays: Blender draws a spinner for a picture that it is loading.

        Args:
            render: id of its first submission.
            latest: path of the picture.
            now: seconds of a clock that never goes back.

        Returns:
            Whether the view changed.
        """
        if not self.icons.get(self.shown.get(render, ""), (0, 0))[0]:
            self.shown[render] = latest
        if self.shown[render] == latest:
            self.coming.pop(render, None)
            return False
        path, since = self.coming.setdefault(render, (latest, now))
        if now - since < READING_SECONDS:
            return False
        self.shown[render] = path
        del self.coming[render]
        return True


class Session:
    """One session: `tick` is called by Blender's timer, and by tests without any Blender."""

    def __init__(self, home: UserFolder) -> None:
        self.home = home
        self.picture = JournalPicture(home)
        # A list that Blender still has from before we were disabled must not be taken for this one.
        self.snapshot = Snapshot(generation=secrets.randbits(24))
        self.reports = Reports()
        self.connections: dict[str, ConnectionStatus] = {}
        self.keys_since = time.time()
        self.checks = Checks()
        self.arrivals = Arrivals()
        self.listed = ListedJobs()
        self.server_listing = ServerListing()
        self.nodes: dict[str, NodeListing] = {}
        """What each server told of its nodes, by its URL."""
        self.thumbnails = Thumbnails()
        self.trusted: set[str] = set()
        """Files whose scripts may run on this computer; never kept in a file, which could then trust itself."""
        self._packing = PackingQueue()
        self._refusal: str = ""

    def close(self) -> None:
        """Close the journal, and stop making packages."""
        self._packing.cancel()
        self.picture.close()
        if self.thumbnails.loader is not None:
            self.thumbnails.loader.close()
            self.thumbnails.loader = None

    @property
    def seconds_to_next(self) -> float:
        """How long the timer may sleep."""
        is_busy = self._packing or self.arrivals.readers or any(self.snapshot.at_work())
        if is_busy or not self.picture.is_whole:
            return 0.1  # a tick without news costs microseconds
        return 1.5

    def pack(self, name: str, packing: Packing, then: Callable[[Packing], None]) -> None:
        """Follow a package in the making.

        Args:
            name: for the row in the panel.
            packing: one that has been started.
            then: called once, when it is finished or has failed.
        """
        self._packing.add(name, packing, then)
        self.reports.is_hidden = False
        self._refusal = ""
        before = self.snapshot
        self.snapshot = replace(before, packing=self._packing.rows(), problem="", generation=before.generation + 1)

    def cancel_packing(self) -> bool:
        """Stop making packages. Says whether there was one."""
        return self._packing.cancel()

    def note_answer(self, url: str, said: ConnectionStatus, asked: float) -> None:
        """Store a server's answer, unless a key or an address was changed since.

        Args:
            url: of the server.
            said: what it answered.
            asked: `keys_since` at the time of the request.
        """
        if asked == self.keys_since:
            self.connections[url] = said

    def forget_file(self) -> None:
        """Another file was opened: drop the old one's checks, problems and pending imports."""
        self.checks.by_scene.clear()
        self.arrivals.videos.clear()
        self.picture.forget_unsaved()
        self._refusal = ""

    def forget_answers(self) -> None:
        """Forget what servers answered, because a key or an address was changed."""
        self.connections.clear()
        self.nodes.clear()
        self.keys_since = time.time()

    def nodes_at(self, url: str) -> NodeListing:
        """What the server at this URL reported about its nodes."""
        return self.nodes.get(url) or NodeListing()

    def refuse(self, error: FarmhandError) -> None:
        """Record a problem: it is reported once, and shown until the next attempt."""
        if error.message != self._refusal:
            self.reports.notes.append(("ERROR", error.message))
        self._refusal = error.message

    def tick(self, selected: str = "", *, now: float | None = None) -> bool:
        """Update the snapshot. Returns whether anything changed."""
        before = self.snapshot
        self._packing.follow()
        problem, found = self._refusal, before
        try:
            found = self.picture.read(before, selected, time.time() if now is None else now)
        except JournalLost as error:  # the next tick opens a new one, and this must still be read
            self.picture.forget()
            self.refuse(error)
            problem = self._refusal
        except FarmhandError as error:
            self.picture.close()
            problem = error.message
        self._take_news()
        packing = self._packing.rows()
        if found is not before or packing != before.packing or problem != before.problem:
            self.snapshot = replace(found, packing=packing, problem=problem, generation=before.generation + 1)
            self._take_answers()
        return self.snapshot is not before

    def _take_answers(self) -> None:
        """Note that a server with a running job has accepted the key; its earlier answer stays."""
        for one in self.snapshot.at_work():
            if not is_waiting_for_server(one):
                self._take_answer(one)

    def _take_answer(self, one: Submission) -> None:
        if one.job_id and one.updated > self.keys_since and one.server_url not in self.connections:
            self.connections[one.server_url] = ConnectionStatus(True)

    def _take_news(self) -> None:
        for one in self.picture.news:
            if one.problem is not None and one.problem.code == UNAUTHORIZED:
                self.connections[one.server_url] = ConnectionStatus(False, one.problem.what, is_refused=True)
            elif one.problem is None:  # it has ended, or waits for the user: the server has answered
                self._take_answer(one)
            if not self._ends_a_video_run(one):
                self.reports.news.append(one)
        self.picture.news.clear()

    def _ends_a_video_run(self, one: Submission) -> bool:
        is_video_run = one.id in self.arrivals.video_runs
        self.arrivals.video_runs.discard(one.id)
        return is_video_run and one.state is State.DONE
