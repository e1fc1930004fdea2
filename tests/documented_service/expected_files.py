"""What must lie in the output folder after the main job, whatever the service was like."""

from __future__ import annotations

from pathlib import Path

from documented_service import DocumentedService


def check(service: DocumentedService, folder: Path, name: str) -> None:
    """Every frame has the name that Blender gives it, and nothing else has such a name; every other file is there too.

    name: of a frame without its number and suffix, as in "shot_".
    """
    job = service.job
    assert job.starts == 1
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert len(job.frames_listed) > 0
    for frame in job.beauty():
        suffix = f"_{frame.view}" if len(service.variant.views) > 1 else ""
        assert found.pop(f"{name}{frame.frame:04d}{suffix}.png") == frame.content, frame.frame
    assert sorted(found.values()) == sorted(file.content for file in job.depth()), sorted(found)
