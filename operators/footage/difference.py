"""The same frame from the service and from this computer: how much they differ, and an image that shows where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Image

from ...client.errors import FarmhandError, LocalProblem
from ...client.message import translated
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import FrameRecord, FrameState, Request, State, Submission
from ...ui.jobs.journal_picture import BUSY_SECONDS, NEEDS_USER
from ...ui.session import Session
from .. import common, small_programs
from .image_editor import new_area, put

MARK = "farmhand_difference"
"""On an image that shows a difference: what it was to be called. Others of that name are the artist's."""
BRIGHTER = 10.0
"""A difference that matters is seen as it is; ten times brighter, one is seen that might."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two pictures' colors: 0 for none, 1 as between black and white.

    largest: of any pixel. mean: over all pixels and channels. image: shows that of each pixel, times BRIGHTER.
    """

    largest: float
    mean: float
    image: Image

    def sentence(self, frame: int) -> str:
        """The sentence for the frame."""
        if self.largest == 0:
            return rpt_("Frame {frame} is the same as rendered here, pixel for pixel").format(frame=frame)
        return rpt_(
            "Frame {frame} differs from the one rendered here by {mean:.2%} on average and {largest:.1%} at most; "
            "the image “{image}” shows where, ten times brighter"
        ).format(frame=frame, mean=self.mean, largest=self.largest, image=self.image.name)


def follow(context: Context, session: Session) -> None:
    """Show the difference as soon as a requested frame is rendered here; called when the snapshot changed."""
    comparisons = session.arrivals.comparisons
    for identity, (render, there) in list(comparisons.items()):
        one = session.snapshot.compared.get(identity)
        if one is None or (not one.is_over and one.state not in NEEDS_USER):
            continue
        if one.state is State.DONE and not _is_read(session, one, Path(there)):
            continue
        del comparisons[identity]
        if one.state is State.DONE:
            level, text = _show(context, session, one, Path(there))
        else:
            reason = translated(one.problem.what, rpt_) if one.problem else rpt_("the render failed")
            level, text = "WARNING", rpt_("{name} could not be compared: {reason}")
            text = text.format(name=one.name, reason=reason)
        session.reports.notes.append((level, text))
        session.arrivals.compared[render] = text
        common.ask(context, identity, Request.FORGET)  # its frame stays on disk


def difference_of(there: Path, here: Path, name: str) -> Difference:
    """Compare two pictures, color by color.

    Args:
        there, here: the service's and the one rendered on this computer.
        name: for the image that shows the difference in Blender.

    Raises:
        LocalProblem: they cannot be compared.
    """
    first, second = _pixels(there), _pixels(here)
    if first.shape != second.shape:
        raise LocalProblem(
            rpt_("{there} and the frame rendered here differ in size.").format(there=there.name),
            "",
            rpt_("Look at both in {folder}.").format(folder=here.parent),
        )
    apart = np.abs(first[:, :, :3] - second[:, :, :3])
    return Difference(float(apart.max()), float(apart.mean()), _image(name, apart * BRIGHTER))


def _is_read(session: Session, one: Submission, there: Path) -> bool:
    """Whether a child process has read both files: on a slow drive, Blender would freeze until they are loaded."""
    arrivals = session.arrivals
    if one.id not in arrivals.readers:
        here = Path(_rendered_here(session, one).path)
        arrivals.readers[one.id] = small_programs.start(small_programs.READ, there, here)
    if arrivals.readers[one.id].poll() is None:
        arrivals.is_file_behind = True  # `follow` is called again
        return False
    del arrivals.readers[one.id]
    return True


def _rendered_here(session: Session, one: Submission) -> FrameRecord:
    with Journal(session.home.journal, busy_seconds=BUSY_SECONDS) as journal:
        records = journal.frames(one.id)
    return next(record for record in records if record.state in (FrameState.DOWNLOADED, FrameState.SUSPECT))


def _show(context: Context, session: Session, one: Submission, there: Path) -> tuple[str, str]:
    """Show the difference, in a new Image Editor if none is open. Returns level and text of the report."""
    try:
        here = _rendered_here(session, one)
        found = difference_of(there, Path(here.path), f"{there.stem} difference")
    except FarmhandError as error:
        return "ERROR", error.message
    if put(context, found.image) is None and found.largest and context.window is not None:
        area = new_area(context)
        if area is not None:
            put(context, found.image)
    return "INFO", found.sentence(here.frame or 0)


def _pixels(path: Path) -> np.ndarray:
    """height × width × channels, as stored: file values are compared, not display colors."""
    try:
        picture = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise _unreadable(path) from error
    try:
        picture.colorspace_settings.is_data = True
        width, height = picture.size
        if not width or picture.type != "IMAGE":  # multi-layer, whose pixels cannot be read in this way
            raise _unreadable(path)
        values = np.empty(width * height * picture.channels, dtype=np.float32)
        picture.pixels.foreach_get(values)
    finally:
        bpy.data.images.remove(picture)
    return np.nan_to_num(values.reshape(height, width, -1))


def _unreadable(path: Path) -> LocalProblem:
    return LocalProblem(
        rpt_("{file} cannot be compared: it is missing, not an image, or has several layers.").format(file=path.name)
    )


def _image(name: str, colors: np.ndarray) -> Image:
    height, width, channels = colors.shape
    picture = next((one for one in bpy.data.images if one.get(MARK) == name), None)
    if picture is not None and tuple(picture.size) != (width, height):
        bpy.data.images.remove(picture)
        picture = None
    if picture is None:
        picture = bpy.data.images.new(name, width, height, alpha=False, float_buffer=True, is_data=True)
        picture[MARK] = name
    values = np.ones((height, width, 4), dtype=np.float32)
    values[:, :, :3] = colors if channels == 3 else colors[:, :, :1]
    picture.pixels.foreach_set(values.ravel())
    picture.update()
    return picture
