"""The projects of make_projects.py, made, scanned and packed by each Blender that is here."""

import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cache import CHROOT_BLENDERS, ROOT, bpy_python, chroot_blender
from farmhand.jobs.folder import job_folder, manifest
from farmhand.jobs.folder.zip_stream import ZipStream

VERSIONS = tuple(os.environ.get("FARMHAND_BLENDERS", "4.2.23 4.5.15 5.2.2 5.3.0").split())
"""The three LTS and the newest Blender; `make matrix` names others."""
RENDERED = ("test_bare_machine", "test_opened_files")
"""These render each project: `make test` tries the oldest and the newest Blender, `make soak` and `make matrix` all."""
REMOVED_SOON = "DeprecationWarning"
"""What a coming Blender no longer has, nothing of ours may use. Only bpy says so: others read no PYTHONWARNINGS."""
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items if "FARMHAND_BLENDERS" not in os.environ else ():
        version = getattr(item, "callspec", None) and item.callspec.params.get("projects")  # type: ignore[attr-defined]
        if version in VERSIONS[1:-1] and item.path.stem in RENDERED:
            item.add_marker(pytest.mark.soak)


def versions(*usual: str) -> tuple[str, ...]:
    """The Blenders for a test that takes others than VERSIONS by itself."""
    return VERSIONS if "FARMHAND_BLENDERS" in os.environ else usual


FRAMES = [3, 4, 5]


@dataclass(frozen=True)
class Blender:
    """One Blender of this machine."""

    version: str
    command: list[str]

    def run(self, script: Path, *arguments: str, under: Sequence[str] = ()) -> str:
        """Run a script in it; what it printed. under: a command that starts it."""
        if Path(self.command[0]).name.startswith("python"):
            command = [*self.command, str(script), "--", *arguments]
        else:
            command = [*self.command, "-b", "--factory-startup", "--python", str(script), "--", *arguments]
        warned = {**os.environ, "PYTHONWARNINGS": "always::DeprecationWarning"}
        done = subprocess.run(
            [*under, *command],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=300,
            check=False,
            env=warned,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert not [line for line in done.stderr.splitlines() if REMOVED_SOON in line and str(ROOT) in line]
        return done.stdout + done.stderr

    def do(self, folder: Path, *steps: list[Any], under: Sequence[str] = ()) -> list[Any]:
        """Have do_in_blender.py do things; one answer for each."""
        order, answer = folder / "order.json", folder / "answer.json"
        order.write_text(json.dumps({"answer": str(answer), "do": steps}))
        self.run(HERE / "do_in_blender.py", str(order), under=under)
        return list(json.loads(answer.read_text()))


def _blender(version: str) -> Blender:
    command = chroot_blender(version) if version in CHROOT_BLENDERS else bpy_python(version)
    if not command.exists():
        pytest.skip(f"Blender {version} is not here: run `make blender`")
    return Blender(version, [str(command)])


@dataclass(frozen=True)
class Projects:
    """Projects of one Blender. expected: kind → its .blend and the files that a render of FRAMES reads."""

    blender: Blender
    folder: Path
    expected: dict[str, dict[str, Any]]

    def blend(self, kind: str) -> str:
        if kind not in self.expected:
            pytest.skip(f"Blender {self.blender.version} has no such thing")
        return str(self.expected[kind]["blend"])


@pytest.fixture(scope="session", params=VERSIONS)
def projects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Projects:
    """All projects, made by each Blender in turn."""
    blender = _blender(request.param)
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
    return _blender(request.param)


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
