"""The projects of make_projects.py, made, scanned and packed by each Blender that is here."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import FRAMES, HERE, VERSIONS, Blender, Projects, blender_of

from cache import CHROOT_BLENDERS
from farmhand.jobs.folder import job_folder, manifest
from farmhand.jobs.folder.zip_stream import ZipStream


@pytest.fixture(scope="session", params=VERSIONS)
def projects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Projects:
    """All projects, made by each Blender in turn."""
    blender = blender_of(request.param)
    folder = tmp_path_factory.mktemp(f"projects-{blender.version}")
    blender.run(HERE / "make_projects.py", str(folder))
    return Projects(blender, folder, json.loads((folder / "expected.json").read_text()))


@pytest.fixture(scope="session")
def scans(projects: Projects, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the scan finds in each project."""
    steps = [["scan", one["blend"], FRAMES] for one in projects.expected.values()]
    answers = projects.blender.do(tmp_path_factory.mktemp("scans"), *steps)
    return dict(zip(projects.expected, answers, strict=True))


@pytest.fixture(scope="session", params=[version for version in VERSIONS if version not in CHROOT_BLENDERS])
def blender(request: pytest.FixtureRequest) -> Blender:
    """Each Blender that blender.org built, in turn."""
    return blender_of(request.param)


@pytest.fixture(scope="session")
def unpack() -> Callable[[Path, Path], Path]:
    """Call with a job folder and an empty one: what a service sees of the package; its .blend."""

    def unpacked(folder: Path, target: Path) -> Path:
        job = job_folder.read(folder)
        target.mkdir(parents=True)
        if not job.package.is_streamed:
            (target / job.package.name).write_bytes((folder / job.package.file).read_bytes())
            return target / job.package.name
        stream = ZipStream(job.package.name, folder, manifest.read(folder))
        archive = target.with_suffix(".zip")
        with archive.open("wb") as file:
            for chunk in stream.chunks():
                file.write(chunk)
        assert archive.stat().st_size == job.package.bytes
        with zipfile.ZipFile(archive) as package:
            package.extractall(target)
        (blend,) = target.glob("*.blend")
        return blend

    return unpacked
