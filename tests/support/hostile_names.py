"""Names of files that a service gives: how one is handled, and some that could take minutes to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from farmhand.client.errors import LocalProblem
from farmhand.client.models import FrameOutput, NodeOutput
from farmhand.courier.frames import safe_paths
from farmhand.courier.frames.destinations import plan_destinations
from farmhand.jobs.folder.job_folder import JobFile, Output, Package

_LONG = {
    "digits": "0" * 200_000 + "a1x0.png",
    "minus signs": "-" * 200_000 + "1x",
    "folders": "a/" * 200_000 + "0001.png",
    "folders that fit": "a/" * 500 + "0001.png",
    "encoded": "%2E" * 200_000 + ".png",
    "dots": "." * 200_000 + "png",
    "marks of views": "_a1" * 100_000 + "x",
}
_MEMBERS = ("file_name", "relative_path", "view", "composite_node_name", "url")


def saved(folder: Path, name: str) -> str:
    """How one name below the output folder is handled."""
    try:
        path = safe_paths.inside(folder, name)
        safe_paths.check_length(name, path)
    except LocalProblem:
        return "refused"
    assert path.resolve().is_relative_to(folder.resolve()), path
    assert path.name.isprintable(), path
    return "harmless"


def outputs() -> Iterator[tuple[str, FrameOutput]]:
    """What each is called, and the file."""
    for name, text in _LONG.items():
        for member in _MEMBERS:
            for kind in (FrameOutput, NodeOutput):
                values = {"url": "http://farm/0001.png", "file_name": "0001.png", member: text}
                if member == "url":
                    values = {"url": f"http://farm/{text}"}
                yield f"{kind.__name__}, {member}: {name}", kind(**values)  # type: ignore[arg-type]


def planned(folder: Path, output: FrameOutput) -> str:
    """How it is handled for a job of three frames."""
    package = Package("package.blend", "blend", "shot.blend", 1, "")
    place = Output(str(folder), str(folder / "shot_####.png"))
    job = JobFile("a", "shot", "http://farm", "", "Scene", "", "", [], "5.0.1", package, place, {}, [1, 2, 3])
    (found,) = plan_destinations([output], job)
    if found.path is None:
        return "refused"
    assert found.path.is_relative_to(folder) and len(found.path.name) <= 255, found.path
    return "harmless"
