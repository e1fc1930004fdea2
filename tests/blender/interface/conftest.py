"""Fixtures for the buttons and panels: a journal of their own, and submissions to put into it."""

import time
import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from footage import FRAMES


@pytest.fixture
def part(installed_extension: ModuleType) -> Callable[[str], ModuleType]:
    """Import a module of the installed extension by its name."""
    return lambda name: import_module(f"{installed_extension.__name__}.{name}")


@pytest.fixture
def live(part: Callable[[str], ModuleType], home: Path) -> Iterator[Any]:
    """The holder, reading the private journal; the extension's own one comes back afterwards."""
    module, homes = part("ui.state"), part("jobs.user_folder")
    holder = module.start(homes.UserFolder(home))
    part("ui.thumbnails").add()
    yield holder
    module.start(part("operators.common").user_home())
    part("ui.thumbnails").add()


@pytest.fixture
def fresh_file(installed_extension: ModuleType) -> None:
    """Blender's factory scene, with nothing of an earlier test."""
    import bpy

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=False)
    bpy.ops.preferences.addon_enable(module=installed_extension.__name__)


@pytest.fixture
def add(part: Callable[[str], ModuleType], home: Path, live: Any) -> Callable[..., Any]:
    """Put a submission into the journal, let the timer take a turn, and select it."""
    kept, journals, watch = part("jobs.submission"), part("jobs.journal"), part("operators.watch")

    def put(name: str = "shot_010", **changes: Any) -> Any:
        now = time.time()
        values = {"id": str(uuid.uuid4()), "name": name, "server_url": "local", "blend": "", "scene": "Scene"}
        values |= {"output_folder": str(home / "render"), "created": now, "updated": now}
        for key, kind in (("state", kept.State), ("stage", kept.Stage)):
            if key in changes:
                changes[key] = kind(changes[key])
        submission = kept.Submission(**(values | changes))
        with journals.Journal(home / "journal.sqlite3") as journal:
            journal.add(submission)
        watch.tick()
        return submission

    return put


@pytest.fixture
def tell(part: Callable[[str], ModuleType], home: Path) -> Callable[[], list[tuple[str, str]]]:
    """What was left in the journal for the courier: submission id and request."""

    def read() -> list[tuple[str, str]]:
        with part("jobs.journal").Journal(home / "journal.sqlite3") as journal:
            return [(submission, request.value) for _, submission, request in journal.requests()]

    return read


@pytest.fixture
def project(fresh_file: None, tmp_path: Path) -> Path:
    """A saved file, with four rendered frames beside it."""
    import bpy

    folder = tmp_path / "project"
    (folder / "render").mkdir(parents=True)
    picture = bpy.data.images.new("made", 16, 9)
    picture.file_format = "PNG"
    for number in (*FRAMES, 9, 10):
        picture.filepath_raw = str(folder / "render" / f"shot_{number:04}.png")
        picture.save()
    bpy.data.images.remove(picture)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    return folder


@pytest.fixture
def arrive(part: Callable[[str], ModuleType], home: Path, add: Callable[..., Any], project: Path) -> Callable[..., Any]:
    """Put frames of one submission into the journal, as the courier does."""

    def put(numbers: tuple[int, ...], one: Any = None, suffix: str = "png") -> Any:
        kept, journals = part("jobs.submission"), part("jobs.journal")
        if one is None:
            one = add(state="active", stage="pull", blend=str(project / "shot.blend"), frames_total=6)
        with journals.Journal(home / "journal.sqlite3") as journal:
            journal.save_frames(
                kept.FrameRecord(
                    one.id,
                    f"{number:04}.{suffix}",
                    str(project / "render" / f"shot_{number:04}.{suffix}"),
                    number,
                    kept.FrameState.DOWNLOADED,
                )
                for number in numbers
            )
            journal.save(one.with_(frames_done=len(numbers)))
        part("operators.watch").tick()
        return one

    return put
