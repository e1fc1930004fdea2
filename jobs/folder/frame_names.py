"""Which frames already have files, and free names for new ones. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from ...client.errors import LocalProblem
from ...client.message import msg
from .job_folder import Output, number_run

_VIEW = r"(?:[_.-][^\W\d_]\w*)?"
"""What Blender appends for a view: shot_0001_L.png."""


def is_view(name: str) -> bool:
    """Whether a name, which a file name gets at its end, counts as that of a view here."""
    return re.fullmatch(_VIEW, name if name[:1] in "_.-" else f"_{name}") is not None


def existing_frames(pattern: str, frames: Iterable[int]) -> set[int]:
    """The frames for which a file exists, of any view and format.

    pattern: as in `job_folder.Output`; one without # has none.
    """
    place = Path(pattern)
    run = number_run(place.name)
    if run is None:
        return set()
    before, end = place.name[: run.start()], place.name[run.end() :]
    after = end.rpartition(".")[0] if "." in end else end
    digits = f"{{{len(run[0])},}}"
    name = re.compile(rf"({re.escape(_key(before))})(-?\d{digits})({re.escape(_key(after))})({_VIEW}(?:\.\w+)?)")
    try:
        matches = ((entry.name, name.fullmatch(_key(entry.name))) for entry in place.parent.iterdir())
        found = {
            int(match[2])
            for there, match in matches
            if match and _is_same(place.parent, there, f"{before}{match[2]}{after}", match[4])
        }
    except OSError:
        return set()
    return found & set(frames)


def _key(name: str) -> str:
    """Equal for names that some file system treats as the same (case, accents)."""
    return unicodedata.normalize("NFC", name).casefold()


def _is_same(folder: Path, there: str, start: str, rest: str) -> bool:
    """Whether an existing file's name begins with start, as its file system compares names."""
    return there.startswith(start) or (folder / f"{start}{rest}").exists()


def existing_in(output: Output, frames: Iterable[int]) -> set[int]:
    """The same for all patterns of an output."""
    return {frame for pattern, named in output.by_pattern(frames).items() for frame in existing_frames(pattern, named)}


def conflict_error(count: int) -> LocalProblem:
    """The error until the user decides what to do with this many existing frames."""
    return LocalProblem(
        msg("{count} of these frames already exist.", count=count) if count > 1 else msg("The frame already exists."),
        "Nothing was sent.",
        "Choose whether to overwrite the existing files or keep both.",
    )


def free_pattern(pattern: str, frames: Iterable[int]) -> str:
    """The pattern itself if no such file exists, else its first free version, such as shot_v2_####.png."""
    wanted = set(frames)
    place = Path(pattern)
    run = number_run(place.name)
    if run is None or not existing_frames(pattern, wanted):
        return pattern
    stem = place.name[: run.start()].rstrip("_.- ")
    start = f"{stem}_v" if stem else "v"
    versions = (str(place.with_name(f"{start}{version}_{place.name[run.start() :]}")) for version in count(2))
    return next(version for version in versions if not existing_frames(version, wanted))


def free_path(path: Path) -> Path:
    """A free name in the same folder, such as render_v2.mp4."""
    versions = (path.with_name(f"{path.stem}_v{version}{path.suffix}") for version in count(2))
    return next(version for version in versions if not version.exists())


def claimed_path(path: Path) -> Path:
    """This path, or a free name in the same folder, reserved with an empty file. Raises OSError."""
    name = path
    while True:
        try:
            name.touch(exist_ok=False)
        except FileExistsError:
            name = free_path(path)
        else:
            return name
