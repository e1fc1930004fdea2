"""What nodes are working on: one attempt for each task that was assigned, and the results that arrive for it.

An attempt has a secret that only its node knows, and that is valid as long as the attempt is open: a node with another
secret, or one that is too late, changes nothing.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...objects.objects import is_key
from ...render.backend import Arrived, Rendered, RenderedFile, WorkFailed
from ..nodes import Node
from .bucket_uploads import BucketUploads
from .sent_files import FrameResult


class ResultRefused(Exception):
    """A node sent something that it may not send."""


@dataclass(eq=False)
class Attempt:
    """frame: None for an analysis. archive: where the node may fetch the package, a file or a link.
    folder: where its files arrive. part: of the frame, None for all of it. tiles: where the node may fetch the tiles
    that it merges, likewise. arrivals: where else files may arrive.

    begun, heard: monotonic seconds; the latter of the node's last sign of life. left_slot: called once the node's
    slot is free.
    outcome: a Rendered, an analysis, or the reason why there is none.
    receiving: where each file is written while it arrives; of several requests for one, the last.
    """

    job_id: str
    frame: int | None
    node: Node
    archive: Callable[[], Path | str]
    folder: Path
    outcome: asyncio.Future[Any]
    started: Callable[[dict[str, Any]], None]
    left_slot: Callable[[], None]
    begun: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    part: int | None = None
    tiles: tuple[Callable[[], Path | str], ...] = ()
    arrivals: BucketUploads | None = None
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    result: FrameResult | None = None
    arrived: set[int] = field(default_factory=set)
    receiving: dict[int, Path] = field(default_factory=dict)

    @functools.cached_property
    def key(self) -> str:
        """Its name in Dask. Dask writes keys into logs, so this is not the secret itself."""
        return f"farmhand-{hashlib.sha256(self.secret.encode()).hexdigest()[:32]}"

    @property
    def is_open(self) -> bool:
        return not self.outcome.done()

    @property
    def has_result(self) -> bool:
        return self.outcome.done() and not self.outcome.cancelled() and self.outcome.exception() is None

    def hear(self) -> None:
        """Note that the node has just sent something."""
        self.heard = time.monotonic()

    def fail_overdue(self) -> None:
        """Give up the attempt: the node has had more than enough time."""
        if self.is_open:
            said = "took too long and did not say why" if self.result is None else "did not send what it has rendered"
            self.outcome.set_exception(WorkFailed(f"The node {self.node.name} {said}.", "node_fault"))

    def tell_result(self, result: FrameResult) -> None:
        """Note what the node announces to have rendered; repeating this changes nothing. Raises ResultRefused."""
        if self.frame is None:
            raise ResultRefused("This was no frame to render.")
        if self.result is not None:
            return
        names = [each.relative_path for each in result.files]
        if not (_are_apart(names) and all(map(is_key, names))):
            raise ResultRefused("These are not valid file names.")
        if not all(_is_of_frame(name, self.frame) for name in names):
            raise ResultRefused("These are files of another frame.")
        self.result = result
        self.left_slot()

    def file_arrived(self, number: int) -> None:
        assert self.result is not None
        self.arrived.add(number)
        if len(self.arrived) == len(self.result.sizes()) and self.is_open:
            self.outcome.set_result(self._rendered(self.result))

    def _rendered(self, result: FrameResult) -> Rendered:
        told = result.sizes()
        arrived = [self.arrivals.arrived(*each) if self.arrivals is not None else None for each in enumerate(told)]
        places = [self.folder / str(number) for number in range(len(told))]
        files = tuple(
            RenderedFile(place, each.relative_path, each.view, each.node, each.file_name or "", there)
            for place, each, there in zip(places, result.files, arrived, strict=False)
        )
        preview: Path | Arrived | None = (arrived[-1] or places[-1]) if result.preview else None
        folder = self.arrivals.key if self.arrivals is not None and any(arrived) else ""
        names = None if result.unreadable is None else tuple(result.unreadable)
        return Rendered(self.folder, files, result.seconds, preview, arrived=folder, unreadable=names)


class Attempts:
    """The current attempts, by their secrets."""

    def __init__(self) -> None:
        self._by_secret: dict[str, Attempt] = {}
        self._by_key: dict[str, Attempt] = {}

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._by_secret.values()))

    def add(self, attempt: Attempt) -> None:
        self._by_secret[attempt.secret] = self._by_key[attempt.key] = attempt

    def remove(self, attempt: Attempt) -> None:
        self._by_secret.pop(attempt.secret, None)
        self._by_key.pop(attempt.key, None)

    def with_key(self, key: str) -> Attempt | None:
        """The attempt with this name in Dask."""
        return self._by_key.get(key)

    def find(self, secret: str) -> Attempt | None:
        """None for an attempt that is over or unknown."""
        attempt = self._by_secret.get(secret)
        return attempt if attempt is not None and attempt.is_open else None


def _are_apart(names: Iterable[str]) -> bool:
    """Whether no name is another one's, or that of a folder which another one is in."""
    paths = sorted(name.split("/") for name in names)
    return not any(after[: len(each)] == each for each, after in itertools.pairwise(paths))


def _is_of_frame(name: str, frame: int) -> bool:
    """Images are named by frame number (worker/rendering.py); File Output nodes use the artist's names."""
    folder, _, rest = name.partition("/")
    if folder == "composite" and rest:
        return True
    number = f"{frame:05d}" if frame < 0 else f"{frame:04d}"
    return folder == "frames" and rest.startswith(number) and not rest[len(number) :][:1].isdigit()
