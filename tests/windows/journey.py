"""What journeys in a window share: a small project to render, the panel's states, pictures for the docs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import window

import left_running
from cache import ROOT

PICTURES = "FARMHAND_PICTURES"
"""Names the folder for pictures (docs/images, to renew those of the docs); without it they go with the test's files."""

PERCENTAGE = "scene.render.resolution_percentage = 10\n"
PREPARE = """
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 4
scene.cycles.use_denoising = False
scene.render.resolution_percentage = 10
scene.frame_start, scene.frame_end = 1, {frames}
scene.render.filepath = "//render/shot_"
scene.render.image_settings.file_format = "PNG"
bpy.ops.wm.save_as_mainfile(filepath={blend!r})
"""


EXAMPLE = """
bpy.ops.wm.open_mainfile(filepath={example!r}, load_ui=False)
bpy.context.scene.render.resolution_percentage = 40
look_through_camera()
"""
"""In place of Blender's own cube, for pictures of the docs; 192 × 108 pixels as well."""

FRESH = """
bpy.ops.wm.read_homefile(load_ui=False)
put_farmhand_first()
live().reports.is_hidden = False
"""


class Stage:
    """A window with a project in it. home: the folder of its journal, which journeys in one window share."""

    def __init__(self, opened: window.Window, folder: Path, version: str, home: Path) -> None:
        self.window = opened
        self.folder = folder
        self.version = version
        self.home = home

    @property
    def blend(self) -> Path:
        return self.folder / ("windmill.blend" if PICTURES in os.environ else "shot.blend")

    @property
    def rendered(self) -> Path:
        return self.folder / "render"

    def prepare(self, frames: int = 3) -> None:
        """A new file, saved as the project, small and quick to render."""
        self.window.run(FRESH)
        scene = PREPARE.format(frames=frames, blend=str(self.blend))
        if PICTURES in os.environ:
            scene = EXAMPLE.format(example=str(ROOT / "examples" / "windmill.blend")) + scene.replace(PERCENTAGE, "")
        self.window.run(scene + "redraw()")  # only what was drawn can be found with the mouse

    def widen(self, pixels: int = 90) -> None:
        """Drag the Properties editor's left edge, as somebody does who wants to read more."""
        for _ in range(8):  # a window that is busy, as with its start, may miss the mouse
            left, upper, _, lower = (int(number) for number in self.window.run("answer = properties_area_place()"))
            self.window.drag((left, (upper + lower) // 2), (left - pixels, (upper + lower) // 2))
            if self.window.run("answer = properties_area_place()")[0] < left:
                return
        raise AssertionError("the Properties editor does not get wider")

    def submit(self, what: str = "ANIMATION") -> None:
        """Click one of the three buttons, and wait until the job is in the list."""
        before = self.window.run("answer = len(snapshot().rows)")
        self.window.press(f"farmhand.submit(what='{what}')")
        self.window.wait(f"len(snapshot().rows) > {before}")

    def over(self) -> None:
        """Wait until the newest job is over and the panel knows."""
        self.window.wait("snapshot().rows and snapshot().rows[0].submission.is_over")

    def state(self) -> str:
        """State of the newest job."""
        return str(self.window.run("answer = snapshot().rows[0].submission.state.value"))

    def frames(self) -> list[str]:
        """Names of the frames on disk."""
        return sorted(path.name for path in self.rendered.glob("shot_*.png"))

    def picture(self, name: str, whole: bool = False) -> None:
        """A picture of the panel, or of the whole window."""
        target = Path(os.environ.get(PICTURES) or self.folder)
        crop = "" if whole else self.window.properties_crop()
        if not whole:  # no tooltip in it, and the panels at rest; a dialog would close
            self.window.move(400, 600)
            self.window.run("answer = redraw()")
            time.sleep(0.6)
        self.window.run("answer = redraw()")
        self.window.picture(target / f"{name}.png", crop)


@contextmanager
def open_stage(
    command: list[str], display: str, environment: dict[str, str], folder: Path, *arguments: str
) -> Iterator[Stage]:
    """Open a window with a private journal and project folder; courier and farm end with it."""
    project = folder / "project"
    project.mkdir()
    variables = {**environment, "FARMHAND_HOME": str(folder / "home")}
    variables["LC_ALL"] = "C.UTF-8"  # Blender would speak the language of whoever runs the tests
    variables.pop("FARMHAND_API_KEY", None)
    variables.pop("FARMHAND_SERVER", None)
    version = Path(command[0]).name.rpartition("-")[2]
    home = folder / "home"
    try:
        with window.opened(command, display, variables, folder / "channel", *arguments) as opened:
            yield Stage(opened, project, version, home)
    finally:
        left_running.end_all(home)


Opener = Callable[..., AbstractContextManager[Stage]]
