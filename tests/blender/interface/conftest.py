"""Fixtures for the buttons and panels: a journal of their own, and submissions to put into it."""

import time
import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from footage import FRAMES

NODE = "bl_ext.user_default.farmhand_node"


@pytest.fixture
def part(installed_extension: ModuleType) -> Callable[[str], ModuleType]:
    """Import a module of the installed extension by its name."""
    return lambda name: import_module(f"{installed_extension.__name__}.{name}")


@pytest.fixture
def live(part: Callable[[str], ModuleType], home: Path) -> Iterator[Any]:
    """The holder, reading the private journal; the extension's own one comes back afterwards."""
    module, homes = part("ui.state"), part("jobs.user_folder")
    holder = module.start(homes.UserFolder(home))
    part("ui.jobs.thumbnails").add()
    yield holder
    module.start(part("operators.common").user_home())
    part("ui.jobs.thumbnails").add()


@pytest.fixture
def fresh_file(installed_extension: ModuleType) -> None:
    """Blender's factory scene, with nothing of an earlier test."""
    import bpy

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=False)
    bpy.ops.preferences.addon_enable(module=installed_extension.__name__)


@pytest.fixture
def add(part: Callable[[str], ModuleType], home: Path, live: Any) -> Callable[..., Any]:
    """Put a submission into the journal, let the timer take a turn, and select it."""
    kept, journals, watch = part("jobs.journal.submission"), part("jobs.journal.journal"), part("operators.watch")

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
        with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
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
        kept, journals = part("jobs.journal.submission"), part("jobs.journal.journal")
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


class Layout:
    """Takes every call that a layout takes, and remembers the texts."""

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts = [] if texts is None else texts

    def label(self, text: str = "", **_options: Any) -> None:
        self.texts.append(text)

    def progress(self, text: str = "", **_options: Any) -> None:
        self.texts.append(text)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: Layout(self.texts)


@pytest.fixture
def job_file(part: Callable[[str], ModuleType], home: Path, live: Any) -> Callable[..., Any]:
    """Give a submission its job folder."""
    folder = part("jobs.folder.job_folder")

    def write(one: Any, **changes: Any) -> Any:
        values: dict[str, Any] = {
            "id": one.id,
            "name": one.name,
            "server_url": one.server_url,
            "blend": one.blend,
            "scene": one.scene,
            "camera": "",
            "view_layer": "",
            "blender": [],
            "blender_version": "5.0.1",
            "render_config": {},
            "package": folder.Package("package.blend", "blend", "shot.blend", 4, ""),
            "output": folder.Output(str(home / "render"), str(home / "render" / "shot_####.png")),
            "frames": [1, 2, 3, 4],
        }
        folder.write(home / "jobs" / one.id, folder.JobFile(**{**values, **changes}))
        live.picture.forget()  # outside of tests, the folder is there before the journal knows of it
        return one

    return write


@pytest.fixture
def drawn(part: Callable[[str], ModuleType]) -> Callable[[str, str], str]:
    """All texts of a panel, in lines."""

    def draw(module: str, name: str) -> str:
        import bpy

        cls, layout = getattr(part(f"panels.{module}"), name), Layout()
        panel = SimpleNamespace(layout=layout, title=getattr(cls, "title", ""))
        panel.state = lambda context: cls.state(panel, context)
        if hasattr(cls, "state"):
            cls.draw_header(panel, bpy.context)
        cls.draw(panel, bpy.context)
        return "\n".join(layout.texts)

    return draw


@pytest.fixture
def node_extension() -> None:
    import addon_utils

    if addon_utils.check(NODE) != (True, True):
        addon_utils.enable(NODE, default_set=True)
    assert addon_utils.check(NODE) == (True, True), "run by `make test`, which installs the zip first"
