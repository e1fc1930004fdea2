"""Panels: quick with a thousand jobs, and without a look at the disk or the network."""

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

PANELS = ["main", "frames", "overrides", "output", "sent", "jobs"]
LIMIT = 0.001
TURNS = 300
# Times are of our own thread on the processor: what else runs on the machine does not count.
_FORBIDDEN = ("open", "socket.", "sqlite3.", "os.listdir", "os.scandir", "os.stat", "subprocess.")


class Layout:
    """Takes every call that a layout takes and draws nothing: what is timed is ours alone."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self


class Audit:
    """Counts what touches disk or network while it watches.  An audit hook cannot be removed, so there is one."""

    def __init__(self) -> None:
        self.is_watching = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.is_watching and event.startswith(_FORBIDDEN):
            self.seen.append(f"{event} {args[:1]}")

    @contextmanager
    def watching(self) -> Any:
        self.seen.clear()
        self.is_watching = True
        try:
            yield self
        finally:
            self.is_watching = False


@pytest.fixture(scope="session")
def audit() -> Audit:
    return Audit()


@pytest.fixture
def thousand_jobs(part: Callable[[str], ModuleType], home: Path, live: Any) -> None:
    kept, journals = part("courier.submission"), part("courier.journal")
    with journals.Journal(home / "journal.sqlite3") as journal:
        for number in range(1000):
            going = number < 3
            journal.add(
                kept.Submission(
                    id=str(number),
                    name=f"shot {number}",
                    server_url="local",
                    blend="",
                    scene="Scene",
                    output_folder="/render",
                    created=1e9 + number,
                    updated=1e9,
                    stage=kept.Stage.RENDER if going else kept.Stage.FINISHED,
                    state=kept.State.ACTIVE if going else kept.State.DONE,
                    frames_total=250,
                    frames_done=34,
                )
            )
    while len(live.snapshot.rows) < 1000:
        part("operators.watch").tick()
    part("operators.watch").tick()


def draw(name: str) -> None:
    import bpy

    cls = getattr(bpy.types, f"FARMHAND_PT_{name}")
    panel = SimpleNamespace(layout=Layout(), title=getattr(cls, "title", ""))
    panel.state = lambda context: cls.state(panel, context)
    if name != "main":
        cls.draw_header(panel, bpy.context)
    cls.draw(panel, bpy.context)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_draws_in_a_millisecond_with_a_thousand_jobs(thousand_jobs: None, name: str) -> None:
    draw(name)
    times = []
    for _ in range(TURNS):
        started = time.thread_time()
        draw(name)
        times.append(time.thread_time() - started)
    p99 = sorted(times)[int(TURNS * 0.99) - 1]
    print(f"{name}: p99 {p99 * 1000:.3f} ms")
    assert p99 <= LIMIT


@pytest.mark.parametrize("name", PANELS)
def test_drawing_a_panel_touches_neither_disk_nor_network(thousand_jobs: None, audit: Audit, name: str) -> None:
    draw(name)
    with audit.watching():
        draw(name)
    assert audit.seen == []


def test_a_turn_of_the_timer_with_nothing_new_costs_next_to_nothing(
    thousand_jobs: None, part: Callable[[str], ModuleType]
) -> None:
    tick = part("operators.watch").tick
    tick()
    times = []
    for _ in range(TURNS):
        started = time.thread_time()
        tick()
        times.append(time.thread_time() - started)
    p99 = sorted(times)[int(TURNS * 0.99) - 1]
    print(f"timer: p99 {p99 * 1000:.3f} ms")
    assert p99 <= LIMIT


def test_the_list_shows_a_thousand_jobs_newest_first(thousand_jobs: None) -> None:
    import bpy

    jobs = bpy.context.window_manager.farmhand.jobs
    assert (len(jobs), jobs[0].name, jobs[999].name) == (1000, "999", "0")
